"""The doors of money as people meet them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from headroom import clock
from headroom.accounts import sessions
from headroom.db import reading, unit
from headroom.ledger import payments
from worker import mailing as mail_jobs

from tests.ledger.desk import MARA, Desk
