"""Field-level encryption of the main database (section 9.1).

Every user has data keys of 256 bits, one a purpose and version. A data key is stored wrapped: encrypted by a key that
never leaves Cloud KMS, or in dev by a local one. A field is AES-256-GCM under its user's newest data key, bound to its
table, column and row, so that a ciphertext copied to another place does not open there. Destroying a wrapped data key
erases what it sealed, in every backup too.

    keys = KeyRing(connection, CloudKms("projects/…/cryptoKeys/main-db-fields"))
    fields = Fields(connection, keys, BlindIndex(index_key))
    fields.write(PHONE_NUMBER, user, user, "+41 79 123 45 67")
    fields.read(PHONE_NUMBER, user, user)
"""

from .blind_index import BlindIndex
from .fields import FIELDS, PHONE_NUMBER, Field, Fields
from .key_ring import KeyRing, Purpose
from .kms import CloudKms
from .sealing import Place, Sealed, Unreadable, open_sealed, seal
from .wrapping import KeyWrapper, LocalKey

__all__ = [
    "FIELDS",
    "PHONE_NUMBER",
    "BlindIndex",
    "CloudKms",
    "Field",
    "Fields",
    "KeyRing",
    "KeyWrapper",
    "LocalKey",
    "Place",
    "Purpose",
    "Sealed",
    "Unreadable",
    "open_sealed",
    "seal",
]
