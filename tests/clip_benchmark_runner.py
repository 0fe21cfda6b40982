"""Runs the package clip-benchmark, which must be first on the Python path, with its NumPy.

python clip_benchmark_runner.py ARCHITECTURES JOB…: the folder of architecture files, and for each
run of the package its command line arguments, as one string. The last line is the seconds of each.
"""

import json
import sys
import time
from types import ModuleType, SimpleNamespace

# The metrics of captioning models need Java programs, and nothing here compares them.
sys.modules["clip_benchmark.metrics.captioning"] = ModuleType("captioning")

import clip_benchmark.cli  # noqa: E402
import clip_benchmark.models.open_clip  # noqa: E402
import open_clip  # noqa: E402

from modality_gap.models.build import build_tokenizer, register_architectures  # noqa: E402

if __name__ == "__main__":
    register_architectures(sys.argv[1])
    # open_clip itself has no tokenizer for architectures of a small vocabulary.
    clip_benchmark.models.open_clip.open_clip = SimpleNamespace(
        create_model_and_transforms=open_clip.create_model_and_transforms,
        get_tokenizer=build_tokenizer,
    )
    seconds = []
    for job in sys.argv[2:]:
        sys.argv, start = ["clip_benchmark", *job.split()], time.perf_counter()
        clip_benchmark.cli.main()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))
