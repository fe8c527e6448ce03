"""Staff pages' read models. Staff acts call the domains' own verbs; nothing here changes anything but the audit.

pages.py    overview: orders, alarms, the audit's newest entries; look_up: a person's data, with a reason, recorded
"""
