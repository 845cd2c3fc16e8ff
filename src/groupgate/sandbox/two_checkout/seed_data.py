"""Seed data: product lines of a software merchant, products with special codes, and groups."""

from dataclasses import dataclass

_MONTH = ("1 month", "1M", 1, 0.12)
_YEAR = ("1 year", "1Y", 12, 1.0)
_TWO_YEARS = ("2 years", "2Y", 24, 1.8)
"""Name, part of the product code, months, and price as a multiple of a year's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductLine:
    """One product for each program, edition and term, all in one group."""

    group: str
    category: str | bool
    programs: tuple[tuple[str, str], ...]
    """Name, and first part of the product code."""
    editions: tuple[tuple[str, str, float], ...]
    """Name, second part of the product code, and price of a year in US dollars."""
    price_type: str = "NET"
    """GROSS if the prices include taxes."""
    terms: tuple[tuple[str, str, int, float], ...] = (_MONTH, _YEAR, _TWO_YEARS)


PRODUCT_LINES = (
    ProductLine(
        group="Antivirus",
        category="Security",
        programs=(
            ("Bastion Antivirus", "BAV"),
            ("Bastion Internet Security", "BIS"),
            ("Bastion Total", "BTO"),
            ("Bastion Mobile", "BMO"),
        ),
        editions=(
            ("1 device", "1D", 29.99),
            ("3 devices", "3D", 39.99),
            ("5 devices", "5D", 49.99),
            ("10 devices", "10D", 69.99),
            ("Small office", "SO", 249),
        ),
    ),
    ProductLine(
        group="Office",
        category="Productivity",
        programs=(
            ("Folio Writer", "FWR"),
            ("Folio Sheets", "FSH"),
            ("Folio Slides", "FSL"),
            ("Folio Suite", "FSU"),
        ),
        editions=(
            ("Student", "STU", 19),
            ("Home", "HOM", 59.95),
            ("Business", "BUS", 119.95),
            ("Enterprise", "ENT", 199),
        ),
    ),
    ProductLine(
        group="Developer tools",
        category="Development",
        programs=(
            ("Anvil IDE", "AID"),
            ("Anvil Profiler", "APR"),
            ("Anvil Debugger", "ADB"),
            ("Anvil SQL Studio", "ASQ"),
            ("Anvil REST Client", "ARC"),
            ("Anvil Diff", "ADI"),
        ),
        editions=(("Personal", "PER", 89), ("Team", "TEA", 449), ("Enterprise", "ENT", 1290)),
    ),
    ProductLine(
        group="Backup & Recovery",
        category="Security",
        programs=(("Vault Backup", "VBA"), ("Vault Cloud", "VCL")),
        editions=(
            ("Desktop", "DES", 39.9),
            ("Server", "SER", 349),
            ("Hypervisor", "HYP", 599.5),
            ("Mail", "MAI", 189),
        ),
    ),
    ProductLine(
        group="VPN",
        category="Security",
        programs=(("Passage VPN", "PVP"), ("Passage Router", "PRO")),
        editions=(("1 device", "1D", 35.88), ("5 devices", "5D", 59.88), ("Family", "FAM", 95.88)),
    ),
    ProductLine(
        group="R&D + QA / 50%",
        category=False,
        programs=(("Proof Test Runner", "PTR"), ("Proof Load", "PLO")),
        editions=(("Team", "TEA", 690), ("Enterprise", "ENT", 2400)),
    ),
    ProductLine(
        group="Éducation",
        category="Productivity",
        price_type="GROSS",
        programs=(("Folio École", "FEC"), ("Anvil Campus", "ACA")),
        editions=(
            ("Classe", "CLA", 99),
            ("École", "ECO", 490),
            ("Collège", "COL", 890),
            ("Université", "UNI", 2900),
        ),
        terms=(_YEAR, _TWO_YEARS),
    ),
    ProductLine(
        group="Utilities",
        category="Utilities",
        programs=(
            ("Sweep Cleaner", "SWC"),
            ("Sort Photos", "SOP"),
            ("Squeeze Zip", "SQZ"),
            ("Shelf Files", "SHF"),
            ("Stamp PDF", "STP"),
        ),
        editions=(("Personal", "PER", 14.95), ("Pro", "PRO", 29.95)),
        terms=(_YEAR, _TWO_YEARS),
    ),
)

SPECIAL_PRODUCTS = (
    ("my product 1", "My first product", 9.5),
    ("C/C++ Toolkit", "Anvil C/C++ Toolkit", 79),
    ("50%-off bundle", "Folio and Bastion, half price", 74.97),
    ("A+B", "Anvil and Bastion", 109),
    ("büro-suite 2026", "Folio Büro-Suite 2026", 99.99),
    ("日本語入力", "Folio 日本語入力", 24),
    ("what?#1", "What? The quiz", 4.99),
    ("semi;colon,comma&x=1", "Separators & friends", 1),
    ("007", "Agent licence", 7),
    ("FREE-READER", "Folio Reader", 0),
)
"""Code, name and price in US dollars; most codes need encoding in a URL. All are in General."""

GROUPS = (
    ("General", "0A1B2C3D4E", "Default Template", ""),
    ("Antivirus", "96A9F43B1B", "Security cart", "Protection for every device"),
    ("Office", "DBA13A4268", "Default Template", "Words, numbers and slides"),
    ("Developer tools", "5C0FFEE123", "Developer cart", "Built for people who build"),
    ("Backup & Recovery", "0012345678", "Security cart", ""),
    ("VPN", "7F3E9D2C1A", "Security cart", ""),
    ("R&D + QA / 50%", "E5D4C3B2A1", "Developer cart", "Test tools <at half price>"),
    ("Éducation", "3A5B7C9D1F", "Default Template", "Pour les écoles et universités"),
    ("Utilities", "12E4567890", "Default Template", ""),
    ("Legacy", "F00DBABE42", "Default Template", "Nothing is left in here"),
)
"""Name, code, cart template and description; two of the codes are also valid numbers."""
