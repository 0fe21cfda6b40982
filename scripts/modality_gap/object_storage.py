"""Files of a study in an object storage."""

from importlib import import_module


def keep_constraints(provider: str | None) -> None:
    """Let what wildcards may be count where files are kept in S3.

    Snakemake writes the constraints of a rule's wildcards into the query of its outputs, and then asks
    the storage object for its path; that of S3 (plugin 0.3.6) gives the path that it had before, so
    that rules which only constraints tell apart are ambiguous. provider: the default one, or None.
    """
    if provider != "s3":
        return
    storage = import_module("snakemake_storage_plugin_s3").StorageObject
    own = storage.local_suffix

    def local_suffix(self) -> str:
        return self.query.removeprefix("s3://") if "{" in self.query else own(self)

    storage.local_suffix = local_suffix
