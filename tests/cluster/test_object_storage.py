"""The storage half of the profile for Kubernetes: all files of a study in a bucket of a local S3.

Jobs run here, without a shared disk but for Snakemake's own files. That pods start is not tested.
"""

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from cluster.conftest import Checkout, arrays_study

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}
KEYS |= {"SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "tests", "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "tests"}
# What the profile says otherwise: pods, and that they share no files at all.
HERE = "--executor local --cores 2 --shared-fs-usage persistence sources source-cache"


@pytest.fixture
def storage(monkeypatch):
    """The address of an S3 with the profile's bucket, and a client of it."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")
    client.create_bucket(Bucket="your-bucket")
    yield address, client
    server.stop()


def test_a_study_lives_in_a_bucket_from_arrays_to_report(storage, tmp_path):
    address, client = storage
    place = Checkout(tmp_path / "modality-gap")
    place.write(arrays_study())
    random = np.random.default_rng(0)
    np.save(place.folder / "mine.npy", random.normal(size=(2, 40, 8)).astype(np.float32))
    client.upload_file(str(place.folder / "mine.npy"), "your-bucket", "mine.npy")
    study = f"--storage-s3-endpoint-url {address} --configfile config/mine.yaml"
    command = f"snakemake --workflow-profile profiles/kubernetes {HERE} {study}"
    place.succeeds(command)
    found = {item["Key"] for item in client.list_objects(Bucket="your-bucket")["Contents"]}
    assert {"results/small/report.html", "results/small/gap/mine/pairs/all.parquet"} <= found
    assert not [*place.folder.glob("results/small/**/*.*")]
    assert "Nothing to be done" in place.succeeds(f"{command} --dry-run")
