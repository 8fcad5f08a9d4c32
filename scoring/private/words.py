"""Words, French and English, that say what the number near them is."""

from collections.abc import Set

_FILES = """
commande commandes cmde cmd order orders référence références réf refs ref reference references
dossier
dossiers sav ticket tickets case cases incident incidents réclamation réclamations claim claims
complaint complaints booking bookings réservation réservations résa reservation reservations
confirmation pnr colis suivi tracking parcel parcels shipment shipments facture factures invoice
invoices bill bills sinistre sinistres demande demandes request requests billet billets retour
retours return returns rma label labels

client customer compte comptes account accounts acct acc contrat contrats contract contracts policy
policies police assurance adhérent adhérente adhérents member membership membre abonné abonnée
subscriber fidélité loyalty card cards flyer blue identifiant identifiants user username login pdl
pce compteur compteurs meter meters sécu ssn sin ni nir national passeport passeports passport
passports immatriculation plaque plate licence license permis matricule staff imei série serial rib
vin id ids
"""
_CALLS = """
tel tél teléphone telephone téléphone tels phone phones call called calling ring rang text texted
sms appel appels appelez appeler appelle joindre joignable gsm mobile cell numero numéro numeros
numéros whatsapp fax composez composer dial
"""
_ORIGIN = "sort né née born dob birth naissance"

FILES = frozenset(_FILES.split())
"""The number after it leads to somebody: orders, parcels, bookings; accounts, identities."""
CALLS = frozenset(_CALLS.split())
"""The number after it is one to call, however short."""
ORIGIN = frozenset(_ORIGIN.split())
"""A sort code or a date of birth may follow."""


def any_of(words: Set[str]) -> str:
    """A pattern for one of them."""
    return "|".join(sorted(words))
