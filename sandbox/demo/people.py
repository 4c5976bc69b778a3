"""The shoppers of the demo: every name, address, mail and phone is unique, so that it can be looked for afterwards wherever it must not be."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass

GIFT_WORDS = "Alla hjärtans dag 💝🎁\nfrån farmor\n\n– öppna först på lördag! 🥳"


@dataclass(frozen=True, slots=True)
class Person:
    first: str
    last: str
    street: str
    city: str
    email: str
    phone: str
    message: str = ""

    @property
    def address(self) -> dict[str, str]:
        """As the Centra sandbox takes an address."""
        return {
            "firstName": self.first,
            "lastName": self.last,
            "address1": self.street,
            "city": self.city,
            "zipCode": "111 22",
            "country": "SE",
            "phoneNumber": self.phone,
            "email": self.email,
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no table, queue, log line or report may hold. Of a message, the word that only this message has."""
        word = (self.message.split(" ", 1)[0],) if self.message else ()
        return (self.first, self.last, self.street, self.city, self.email, self.phone, *word)


def person(rng: random.Random, *, gift: bool = False) -> Person:
    """Somebody new."""
    mark = "".join(rng.choices(string.ascii_lowercase, k=9))
    phone = "+467" + "".join(rng.choices(string.digits, k=9))
    message = f"Grattis{mark} {GIFT_WORDS}" if gift else ""
    return Person(f"Förnamn{mark}", f"Efternamn{mark}", f"Gata{mark} 7", f"Ort{mark}", f"{mark}@shopper.test", phone, message)
