"""One order from the first sign-up to the proof of deletion, scene by scene.

playing.py   what the scenes share: the people, the order, the teller, the report
meeting.py   accounts with consent, the studio, a package, onboarding for payouts
dealing.py   request with a rough mix, offer, acceptance, payment
working.py   stems, check, intake, mix, comment, second version, approval
ending.py    clearing, transfers, receipt, downloads, thirty days, deletion with proof
"""
