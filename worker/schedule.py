"""Everything that happens regularly, in one table.

| job                 | when            | what                                                            |
|---------------------|-----------------|-----------------------------------------------------------------|
| queue.rescue        | every 10 s      | jobs of dead workers go back to the queue                       |
| effects.due         | every 10 s      | effects whose next try is due                                   |
| mailing.due         | every 10 s      | mails whose next try is due                                     |
| audit.seal          | every 5 s       | links committed audit entries                                   |
| retention.sweep     | hourly          | values and rows at the end of their time                        |

Domains add theirs in worker/<domain>.py with @periodic; `./headroom settings --schedule` prints them all.
"""

from __future__ import annotations

import asyncio
import logging

from headroom import clock, jobs
from headroom.audit import sealing
from headroom.db import unit
from headroom.effects import settling
from headroom.mailing import sending
from headroom.privacy import sweeper
from worker.app import TIMER, periodic, queue

log = logging.getLogger(__name__)

HEARTBEAT_S = 2  # how often a worker says that it lives
STALLED_AFTER_S = 10  # silence after which it is dead; five heartbeats, else live jobs would run twice


@queue.periodic(cron="* * * * * */10", periodic_id="queue.rescue")
@queue.task(name="queue.rescue", queueing_lock="queue.rescue")
async def rescue(timestamp: int) -> None:
    """Put the jobs of dead workers back; there is no rescue in the queue itself."""
    del timestamp
    stalled = await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S)
    for job in stalled:
        log.warning("job %s (%s) lost its worker, queued again", job.id, job.task_name)
        await queue.job_manager.retry_job(job)
    await asyncio.sleep(0)


@periodic("effects.due", cron="* * * * * */10")
def effects_due() -> None:
    """Enqueue effects that are due: retries, dead leases, and jobs that were lost."""
    with unit(TIMER) as session:
        for effect_id in settling.due(session, now=clock.now()):
            name = f"effect:{effect_id}"
            jobs.enqueue(session, "effects.perform", effect_id=effect_id, lock=name, queueing_lock=name)


@periodic("mailing.due", cron="* * * * * */10")
def mails_due() -> None:
    """Enqueue mails whose next try is due."""
    with unit(TIMER) as session:
        for mail_id in sending.due(session, now=clock.now()):
            jobs.enqueue(session, "mailing.send", mail_id=mail_id, queueing_lock=f"mail:{mail_id}")


@periodic("audit.seal", cron="* * * * * */5")
def seal_audit() -> None:
    """Link what was committed since the last tick."""
    full = True
    while full:
        with unit(TIMER) as session:
            full = sealing.seal(session, now=clock.now()) == sealing.BATCH


@periodic("retention.sweep", cron="7 * * * *")
def sweep() -> None:
    """Clear values and delete rows whose time is over, rule by rule, in small batches."""
    sweeper.sweep_all(now=clock.now())
