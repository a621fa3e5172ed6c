"""`transcribe`: recordings in, hypotheses out, however long they are and however they come."""

from nm_asr.transcription.task import transcribe

__all__ = ["transcribe"]
