"""What a person reads when a file cannot be sent, played or taken."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from blueprints.error_words import say


def say_all() -> None:
    """Give every code of the files' room its words; called once, by its doors."""
    say(
        "file_not_found",
        title=_l("There is no such file here"),
        happened=_l("The file does not exist, or it is not open to you."),
        todo=_l("Go back to the order and choose a file from its list."),
    )
    say(
        "upload_not_found",
        title=_l("There is no such upload"),
        happened=_l("The upload does not exist, or somebody else began it."),
        todo=_l("Drop the file again: the upload starts anew."),
    )
    say(
        "upload_limit",
        title=_l("This file does not fit"),
        happened=_l("The file is empty, too large, or the order already holds as much as it may."),
        todo=_l("Remove what is not needed, or send the file as several smaller ones."),
    )
    say(
        "parts_invalid",
        title=_l("The upload asked for the wrong parts"),
        happened=_l("The size or the check sum of a part does not belong to this file."),
        todo=_l("Reload the page and drop the file again. What has arrived is kept."),
    )
    say(
        "part_changed",
        title=_l("The file changed while it was being sent"),
        happened=_l("Its bytes are no longer those that were announced, so the parts would not fit together."),
        todo=_l("Drop the file again: it is sent as a new upload."),
    )
    say(
        "upload_over",
        title=_l("This upload has ended"),
        happened=_l("It was completed, given up, or not touched for three days."),
        todo=_l("If the file is not in the list, drop it again."),
    )
    say(
        "parts_missing",
        title=_l("Some parts have not arrived yet"),
        happened=_l("The store does not hold all of the file."),
        todo=_l("Continue the upload: only the missing parts are sent."),
    )
    say(
        "upload_spoiled",
        title=_l("The upload could not be put together"),
        happened=_l("The store holds something else than what was sent. The upload was discarded."),
        todo=_l("Drop the file again: it is sent as a new upload."),
    )
    say(
        "file_not_ready",
        title=_l("The file is not ready"),
        happened=_l("It is still arriving or being checked, or the check found that it cannot be used."),
        todo=_l("Look at its state in the order, and come back when it says ready."),
    )
    say(
        "file_purged",
        title=_l("This file was deleted"),
        happened=_l("Its time was over, as the order said. The bytes are gone from our store for good."),
        todo=_l("The order keeps the file's name, its check sum and the receipt of the deletion."),
    )
    say(
        "store_down",
        title=_l("The file store does not answer"),
        happened=_l("Files cannot be sent or played right now. Nothing that has arrived is lost."),
        todo=_l("Wait a minute and try again. An upload continues where it stopped."),
    )
    say(
        "store_refused",
        title=_l("The file store refused the request"),
        happened=_l("Something is set up wrongly between this site and its store. Nothing is lost."),
        todo=_l("Please tell us, with the reference below; we have to mend it."),
    )
