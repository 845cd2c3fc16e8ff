"""Arguments that many fields share."""

from typing import Annotated

import strawberry

First = Annotated[int, strawberry.argument(description="At most this many, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Cursor to continue after.")]
