"""PURE. The people of the studio: addresses, languages, and what the engineers offer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Who:
    """A person as others see them; `language` is the one they write and read in."""

    key: str
    name: str
    email: str
    language: str
    artist: str = ""


@dataclass(frozen=True)
class Credit:
    artist: str
    title: str
    role: str
    year: int


@dataclass(frozen=True)
class Package:
    """What is on offer at a fixed price; `price` as people type it, in USD."""

    title: str
    price: str
    days: int
    revisions: int
    max_stems: int
    deliverables: tuple[str, ...]
    summary: str


@dataclass(frozen=True)
class Studio:
    """An engineer's page. `can_be_paid` is False for the one who has not gone to the payment provider yet."""

    key: str
    handle: str
    headline: str
    about: str
    genres: str
    packages: tuple[Package, ...]
    credits: tuple[Credit, ...]
    can_be_paid: bool = True


MARA = Who("mara", "Mara Vale", "mara@example.com", "en", "Mara Vale")
TIMUR = Who("timur", "Тимур Сафин", "timur@example.com", "ru", "Тихий Порт")
VERA = Who("vera", "Вера Лебедева", "vera@example.com", "ru", "Вера Лебедева")
NOOR = Who("noor", "Noor Haddad", "noor@example.com", "en", "Cedar Radio")
SOFIA = Who("sofia", "Sofia Marques", "sofia@example.com", "en", "Maré Alta")
DENIS = Who("denis", "Денис Ковач", "denis@example.com", "ru", "Северный ветер")
OTTO = Who("otto", "Otto Keller", "otto@example.com", "en")
ADA = Who("ada", "Ada Brandt", "ada@example.com", "en")
IVO = Who("ivo", "Ivo Lindqvist", "ivo@example.com", "en")
LENA = Who("lena", "Lena Hartmann", "lena@example.com", "en")
GLEB = Who("gleb", "Глеб Орлов", "gleb@example.com", "ru")

CLIENTS = (MARA, TIMUR, VERA, NOOR, SOFIA, DENIS)
ENGINEERS = (IVO, LENA, GLEB)
STAFF = ADA
STRANGER = OTTO
PEOPLE = (*CLIENTS, *ENGINEERS, OTTO, ADA)

STUDIOS = (
    Studio(
        "ivo",
        "ivo",
        "Mixes that leave room for the voice",
        "Fifteen years behind a desk, ten of them my own. I answer every comment and I tell you when a take is better"
        " than my mix of it. Analog sum, digital recall.",
        "indie, soul, electronic",
        (
            Package(
                "Mix & master, up to 24 tracks",
                "200.00",
                5,
                2,
                24,
                ("master",),
                "One finished file, 48 kHz and 24 bit, ready to publish.",
            ),
            Package(
                "Mix, master, instrumental and a cappella",
                "320.00",
                8,
                3,
                48,
                ("master", "instrumental", "a_cappella"),
                "The song and what a stage, a remix or a film asks for later.",
            ),
        ),
        (
            Credit("Halden & the Boats", "Small Hours", "Mix", 2024),
            Credit("Juno Arkel", "Glass Weather", "Mix, master", 2025),
            Credit("The Paper Trains", "Last Stop First", "Mix", 2022),
        ),
    ),
    Studio(
        "lena",
        "lena-hartmann",
        "Loud guitars, quiet rooms, drums that stay drums",
        "I come from live rooms: four microphones on a kit and a singer who does not wait. Send me the rough you love"
        " and the one you fear.",
        "rock, folk, jazz",
        (
            Package(
                "Band mix, up to 48 tracks",
                "340.00",
                7,
                3,
                48,
                ("master",),
                "Drums, guitars and voices as one room, mastered for streaming.",
            ),
            Package(
                "Master of a finished mix",
                "70.00",
                3,
                1,
                2,
                ("master",),
                "Your stereo mix, brought to level without losing its breath.",
            ),
        ),
        (
            Credit("Nordsee Quartett", "Ebbe", "Recording, mix", 2023),
            Credit("Marlow Pines", "Fence Songs", "Mix, master", 2025),
        ),
    ),
    Studio(
        "gleb",
        "gleb-orlov",
        "Тёплый низ и разборчивые слова",
        "Свожу песни на русском языке: слышно каждое слово, бас держит форму. Присылайте дорожки без обработки и"
        " один черновик, который вам нравится.",
        "инди, хип-хоп, электроника",
        (
            Package(
                "Сведение и мастеринг, до 32 дорожек",
                "120.00",
                6,
                2,
                32,
                ("master",),
                "Готовый файл 48 кГц, 24 бит и два круга правок.",
            ),
        ),
        (
            Credit("Улица Ржевская", "Первый снег", "Сведение", 2024),
            Credit("Лада К.", "Монорельс", "Сведение, мастеринг", 2025),
        ),
        can_be_paid=False,
    ),
)


def studio_of(who: Who) -> Studio:
    """The page of an engineer. StopIteration for anyone else."""
    return next(studio for studio in STUDIOS if studio.key == who.key)
