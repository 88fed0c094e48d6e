"""What the holder's door refuses. Unknown cards, codes and tokens look like wrong ones."""

from __future__ import annotations

from ecard.errors import Refusal


class CodeWrong(Refusal):
    """The code is not the one that was sent."""

    code = "code_wrong"
    status = 401
    spent = True


class CodeExpired(Refusal):
    """The code was used, is too old, was tried too often, or was never sent."""

    code = "code_expired"
    status = 401
    next = "request_code"


class SignInBlocked(Refusal):
    """Too many failures in all on this card: only a recovery at a counter leads on."""

    code = "sign_in_blocked"
    status = 403
    next = "recover_at_counter"


class NewDeviceNeedsRecovery(Refusal):
    """The account has devices and this is none of them. The code stays good for a recovery."""

    code = "new_device_needs_recovery"
    status = 403
    next = "recover"


class SessionHandedOver(Refusal):
    """The phone is in the relative's hands: the holder's session does nothing until unlocked."""

    code = "session_handed_over"
    status = 423
    next = "unlock_session"

    @property
    def said_as(self) -> str:
        """Signed out meanwhile there is nothing to unlock: only to wait."""
        return self.code if self.next == SessionHandedOver.next else f"{self.code}.signed_out"


class NothingToRecover(Refusal):
    """The account has no device that could be lost: an ordinary sign-in is enough."""

    code = "nothing_to_recover"
    status = 409
    next = "sign_in"


class RecoveryUnknown(Refusal):
    """No open recovery has this secret: it was never opened, was cancelled, used or lapsed."""

    code = "recovery_unknown"
    status = 404
    next = "recover"


class RecoveryNotReady(Refusal):
    """The waiting time has not passed and no old device approved."""

    code = "recovery_not_ready"
    status = 409
    next = "approve_recovery"


class TooManyDevices(Refusal):
    """The account has as many devices as it may have."""

    code = "too_many_devices"
    status = 409
    next = "remove_device"


class LastDevice(Refusal):
    """An account keeps its last device: without one a code alone would let any phone in."""

    code = "last_device"
    status = 409
    next = "sign_out"
