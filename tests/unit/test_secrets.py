"""Secrets in command lines, addresses and diffs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.sdk.provenance.git import redact_diff
from eventide.sdk.provenance.secrets import is_secret_name, redact_arguments, redact_text, without_credentials


@pytest.mark.parametrize(
    "name",
    [
        "--api-key", "--password", "db.password", "+trainer.logger.api_key", "WANDB_API_KEY", "--hf_token", "authToken",
        "AWS_SECRET_ACCESS_KEY",
        "--auth", "client_secret", "SSH_KEY", "githubToken", "--db-passwd", "connectionPwd", "apikey", "secret_key",
    ],
)  # fmt: skip
def test_names_that_hold_secrets_are_known(name: str) -> None:
    """Whatever its spelling, the name of a password, key or token is known as one."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "--max-tokens", "pad_token", "--eos-token", "token_dim", "tokenizer", "--num_tokens", "--author", "--key", "key", "monitor.key",
        "--passes", "--password-file", "token_type", "--tokens-per-batch", "lr", "--keyboard", "bypass", "secretary", "mask_token", "",
    ],
)  # fmt: skip
def test_names_that_hold_none_are_left_alone(name: str) -> None:
    """Tokens of a text, paths of files and words that only look alike are no secrets."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        (["train.py", "--api-key=abc", "--lr", "0.1"], ["train.py", "--api-key=***", "--lr", "0.1"]),
        (["--password", "hunter2", "x"], ["--password", "***", "x"]),
        (["--auth", "--lr", "1"], ["--auth", "--lr", "1"]),
        (["db.password=a=b c"], ["db.password=***"]),
        (["WANDB_API_KEY=abc", "python"], ["WANDB_API_KEY=***", "python"]),
        (["--max-tokens=512", "pad_token=<pad>"], ["--max-tokens=512", "pad_token=<pad>"]),
        (["postgres://me:pw@db/x?token=abc&n=1"], ["postgres://***@db/x?token=***&n=1"]),
        (["-H", "Authorization: Bearer abcdefgh123"], ["-H", "Authorization: ***"]),
        (['{"password": "x", "lr": 1}'], ['{"password": "***", "lr": 1}']),
        (["ghp_0123456789abcdefghijABCDEFGHIJ"], ["***"]),
        (["--note=use hf_abcdefghijklmnopqrstuvwxyz please"], ["--note=use *** please"]),
    ],
)
def test_arguments_lose_their_secrets(given_: list[str], kept: list[str]) -> None:
    """A value goes by the name before it, as credentials of an address, or by its shape; all else stays."""
    found = redact_arguments(given_)

    assert "Bearer abcdefgh" not in " ".join(found)
    assert [word if "Authorization" not in word else "Authorization: ***" for word in found] == kept


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://me:secret@github.com/a/b.git", "https://***@github.com/a/b.git"),
        ("https://ghp_token@github.com/a/b", "https://***@github.com/a/b"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("ssh://git@host/a", "ssh://git@host/a"),
        ("ssh://git:pw@host/a", "ssh://***@host/a"),
        ("https://u:p@ss@host/a", "https://***@host/a"),
        ("https://s3/x?X-Amz-Signature=abc&X-Amz-Credential=q&part=1", "https://s3/x?X-Amz-Signature=***&X-Amz-Credential=***&part=1"),
        ("/data/a@b:c", "/data/a@b:c"),
    ],
)  # fmt: skip
def test_addresses_lose_their_credentials(address: str, kept: str) -> None:
    """Password, token and signature leave an address; the user name of SSH is none of them."""
    assert without_credentials(address) == kept


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=8))
def test_redacting_keeps_the_number_of_arguments(arguments: list[str]) -> None:
    """Whatever a command line holds, each argument has its place, and nothing raises."""
    assert len(redact_arguments(arguments)) == len(arguments)


@given(st.text(st.characters(codec="utf-8"), min_size=8, max_size=20).filter(lambda text: not text.startswith("--")))
def test_a_password_never_comes_through(password: str) -> None:
    """A value given to --password is gone, whatever it is, in both spellings."""
    assert redact_arguments(["--password", password, f"--password={password}"]) == [
        "--password",
        "***",
        "--password=***",
    ]


DIFF = """diff --git a/train.py b/train.py
--- a/train.py
+++ b/train.py
@@ -1,2 +1,3 @@
+api_key = "sk_live_abcdef"
+token = tokenizer.next()
+password = os.environ["PASSWORD"]
diff --git a/conf/db.yaml b/conf/db.yaml
+++ b/conf/db.yaml
+password: hunter22
+size: 3
diff --git a/.env b/.env
+++ b/.env
+A=1
"""


def test_a_diff_loses_secrets_and_keeps_code() -> None:
    """Literals in code, values in configuration and whole secret files go; calls and other lines stay."""
    found = redact_diff(DIFF)

    assert "sk_live" not in found
    assert "hunter22" not in found
    assert "A=1" not in found
    assert "+token = tokenizer.next()" in found
    assert '+password = os.environ["PASSWORD"]' in found
    assert "+size: 3" in found
    assert "diff --git a/.env b/.env\n(left out: may hold a secret)\n" in found


def test_a_private_key_goes_as_a_whole() -> None:
    """The block between BEGIN and END leaves no line of a key behind."""
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\nq\n-----END RSA PRIVATE KEY-----"

    assert "MIIabc" not in redact_text(f"a\n{key}\nb")
