"""Seed data: product ranges of home, fashion and electronics."""

from dataclasses import dataclass

_SIZES = ("S", "M", "L", "XL")
_STORAGE = ("128 GB", "256 GB")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRange:
    """One product for each kind and series; each series costs `step` more than the one before."""

    category: str
    code: str
    manufacturer: str
    series: tuple[str, ...]
    kinds: tuple[tuple[str, str, float], ...]
    """Name, short description, and price in the first series."""
    step: float
    option: str = ""
    values: tuple[str, ...] = ()
    """The option of the variants, and its values; most ranges have no variants."""


RANGES = (
    ProductRange(
        category="furniture",
        code="FUR",
        manufacturer="Nordhavn Furniture",
        series=("Oslo", "Aarhus", "Malmö", "Turku"),
        kinds=(
            ("armchair", "Low armchair in oiled oak", 349),
            ("three-seat sofa", "Deep sofa with washable covers", 999),
            ("sideboard", "Sideboard with sliding doors", 1249.5),
            ("coffee table", "Round coffee table", 189.9),
            ("bookcase", "Open bookcase with five shelves", 279),
            ("bed frame", "Slatted bed frame, 160 by 200 cm", 649),
            ("bedside table", "Bedside table with one drawer", 119.9),
        ),
        step=25,
    ),
    ProductRange(
        category="kitchen",
        code="KIT",
        manufacturer="Fjell Kitchenware",
        series=("Hedda", "Sigrid", "Ingrid", "Solveig"),
        kinds=(
            ("dinner plate", "Stoneware plate, 27 cm", 19.9),
            ("soup bowl", "Stoneware bowl for half a litre", 14.5),
            ("carafe", "Hand-blown carafe for one litre", 34.9),
            ("frying pan", "Cast-iron pan, 28 cm", 79),
            ("chef's knife", "Forged knife, 20 cm", 64.95),
            ("chopping board", "End-grain board of beech", 42),
        ),
        step=3.5,
    ),
    ProductRange(
        category="bedroom",
        code="TEX",
        manufacturer="Lindqvist Weaving Mill",
        series=("Vadstena", "Sigtuna", "Visby", "Ystad"),
        kinds=(
            ("duvet cover", "Cover of washed linen, 140 by 200 cm", 89),
            ("pillowcase", "Pillowcase of washed linen", 24.9),
            ("fitted sheet", "Sheet of organic cotton", 39.9),
            ("wool throw", "Throw of lambswool with fringe", 119),
            ("bath towel", "Heavy towel, 70 by 140 cm", 29.9),
            ("cushion", "Cushion filled with feathers", 32.5),
        ),
        step=5,
    ),
    ProductRange(
        category="women",
        code="WOM",
        manufacturer="Atelier Brandt",
        series=("Agnes", "Elsa", "Freja", "Linnea", "Saga"),
        kinds=(
            ("wool coat", "Double-breasted coat", 299),
            ("linen shirt", "Loose shirt with a stand collar", 79.9),
            ("merino jumper", "Fine-knit jumper", 95),
            ("midi dress", "Dress with long sleeves", 129.5),
            ("wide trousers", "High-waisted trousers", 99),
            ("pleated skirt", "Skirt below the knee", 84.9),
            ("silk scarf", "Scarf with a printed border", 49),
            ("rain jacket", "Jacket with taped seams", 159),
        ),
        step=7.5,
        option="Size",
        values=_SIZES,
    ),
    ProductRange(
        category="men",
        code="MEN",
        manufacturer="Atelier Brandt",
        series=("Axel", "Emil", "Nils", "Viggo"),
        kinds=(
            ("overshirt", "Heavy overshirt with two pockets", 119),
            ("oxford shirt", "Shirt with a button-down collar", 69.9),
            ("crew-neck jumper", "Lambswool jumper", 89),
            ("chinos", "Straight chinos", 79),
            ("selvedge jeans", "Jeans that were never washed", 139),
            ("parka", "Parka with a removable hood", 249.5),
        ),
        step=7.5,
        option="Size",
        values=_SIZES,
    ),
    ProductRange(
        category="electronics",
        code="ELE",
        manufacturer="Kestrel Electronics",
        series=("K1", "K2", "K3", "K4", "K5"),
        kinds=(
            ("headphones", "Headphones that silence a train", 199),
            ("earbuds", "Earbuds for twenty hours", 89.9),
            ("bookshelf speaker", "Pair of active speakers", 449),
            ("soundbar", "Soundbar with a wireless bass", 329),
            ("smart watch", "Watch that lasts a week", 219.9),
            ("e-reader", "Reader with a warm light", 139),
            ("travel charger", "Charger with three sockets", 39.9),
        ),
        step=40,
    ),
    ProductRange(
        category="electronics",
        code="PHO",
        manufacturer="Kestrel Electronics",
        series=("K1", "K2", "K3", "K4", "K5"),
        kinds=(("phone", "Phone with a flat screen", 599), ("tablet", "Tablet with a pen", 499)),
        step=100,
        option="Storage",
        values=_STORAGE,
    ),
    ProductRange(
        category="lighting",
        code="LIG",
        manufacturer="Lumen & Søn",
        series=("Nova", "Vega", "Lyra", "Mira"),
        kinds=(
            ("pendant lamp", "Pendant of spun aluminium", 159),
            ("floor lamp", "Floor lamp with a fabric shade", 229.9),
            ("desk lamp", "Desk lamp with two joints", 89),
            ("wall light", "Wall light that dims", 74.9),
        ),
        step=12.5,
    ),
)
