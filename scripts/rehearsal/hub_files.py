"""Repositories as the Hugging Face hub has them, made small, and a hub on 127.0.0.1."""

import hashlib
import json
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import MT5Config, PreTrainedTokenizerFast, XLMRobertaConfig

from rehearsal.local_server import serve

COMMIT = "0123456789abcdef" * 2 + "01234567"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
WORDS = ["picture", "number", "colour", "a", "dog", "0", "1", "2", "3", "4", "5", "6", "7"]


def write_tokenizer(folder: Path) -> Path:
    """A tokenizer of a few words, saved as transformers saves one."""
    vocabulary = {word: row for row, word in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("<s>", 0), ("</s>", 2)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=ends
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        sep_token="</s>",
        cls_token="<s>",
    ).save_pretrained(folder)
    return folder


def write_text_model(folder: Path, kind: str = "xlm-roberta") -> Path:
    """A tokenizer, and the configuration of a text tower of one narrow layer."""
    write_tokenizer(folder)
    size = len(SPECIAL) + len(WORDS)
    if kind == "mt5":
        config = MT5Config(vocab_size=size, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    else:
        config = XLMRobertaConfig(
            vocab_size=size,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=90,
            pad_token_id=1,
        )
    config.save_pretrained(folder)
    return folder


@contextmanager
def hub(folder: Path):
    """A hub with the repositories in a folder, in the hub's own addresses; gives its address."""

    class Hub(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Nothing on the terminal."""

        def repository(self) -> tuple[str, str]:
            """Repository and rest of the address, of one of files or of the interface."""
            path = self.path.partition("?")[0].strip("/").removeprefix("api/models/")
            for mark in ("/resolve/", "/revision/", "/tree/"):
                if mark in path:
                    return path.partition(mark)[0], path.partition(mark)[2].partition("/")[2]
            return path, ""

        def do_HEAD(self):
            self.answer(False)

        def do_GET(self):
            self.answer(True)

        def answer(self, whole: bool):
            repository, name = self.repository()
            file = folder / repository / name
            names = sorted(path.name for path in (folder / repository).glob("*") if path.is_file())
            if self.path.startswith("/api/") and names:
                tree = [{"type": "file", "path": n, "size": 1, "oid": "0"} for n in names]
                facts = {"id": repository, "sha": COMMIT}
                facts["siblings"] = [{"rfilename": n} for n in names]
                content = json.dumps(tree if "/tree/" in self.path else facts).encode()
                self.send_response(200)
            elif names and file.is_file():
                content = file.read_bytes()
                self.send_response(200)
                self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            else:
                content = b""
                self.send_response(404)
                missing = "EntryNotFound" if names else "RepoNotFound"
                self.send_header("X-Error-Code", missing)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if whole:
                self.wfile.write(content)

    with serve(folder, Hub) as address:
        yield address
