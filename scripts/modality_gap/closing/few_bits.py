"""Embeddings in a few bits a dimension, in four schemes; databases use the last three.

`fixed_range`, equal levels on [−3, 3], as in chowers2026, Sec. 5.2; `dimension_range`, equal levels
between each dimension's smallest and largest value (Faiss's scalar quantiser, Milvus's IVF_SQ8);
`vector_scale`, whole numbers up to each vector's own largest entry (Redis's vector sets); `sign`, one
bit a dimension (pgvector, Qdrant, Redis).
"""

from dataclasses import dataclass

import numpy as np

LIMIT = 3.0  # the paper's range: entries of rows of unit length lie far inside


@dataclass
class Quantized:
    """Both modalities in the values that are stored, in multiples of `unit`."""

    queries: np.ndarray
    retrieved: np.ndarray
    unit: float = 1.0

    @property
    def gap(self) -> float:
        """Distance of the two centres after quantisation."""
        difference = self.queries.mean(axis=0) - self.retrieved.mean(axis=0)
        return float(np.linalg.norm(difference) * self.unit)


def quantize(queries: np.ndarray, retrieved: np.ndarray, scheme: str, bits: int) -> Quantized:
    """Both modalities in so many bits a dimension; schemes as the module says.

    queries, retrieved: shape (n, d) and (m, d). Raises ValueError for a scheme or a number of bits
    that there is not.
    """
    if scheme == "sign":
        if bits != 1:
            raise ValueError(f"scheme sign with {bits} bits, expected 1")
        unit = 1 / np.sqrt(queries.shape[1])
        return Quantized(*(np.where(rows > 0, 1.0, -1.0) for rows in (queries, retrieved)), unit)
    if bits < 2:
        raise ValueError(f"scheme {scheme} with {bits} bit, expected at least 2")
    if scheme == "fixed_range":
        step = 2 * LIMIT / (2**bits - 1)
        return Quantized(*(fixed_levels(rows, bits) for rows in (queries, retrieved)), step / 2)
    if scheme == "dimension_range":
        low = np.minimum(queries.min(axis=0), retrieved.min(axis=0))
        high = np.maximum(queries.max(axis=0), retrieved.max(axis=0))
        step = (high - low) / (2**bits - 1)
        steps = np.where(step > 0, step, 1)
        return Quantized(*(np.rint((rows - low) / steps) * step for rows in (queries, retrieved)))
    if scheme == "vector_scale":
        return Quantized(*(own_scale(rows, bits) for rows in (queries, retrieved)))
    raise ValueError(
        f"scheme {scheme!r}, expected fixed_range, dimension_range, vector_scale or sign"
    )


def fixed_levels(rows: np.ndarray, bits: int) -> np.ndarray:
    """The nearest of 2^bits levels on [−3, 3], in half steps: odd whole numbers, 0 between two."""
    last = 2**bits - 1
    levels = np.floor((rows + LIMIT) * (last / (2 * LIMIT)) + 0.5)
    return 2 * np.clip(levels, 0, last) - last


def own_scale(rows: np.ndarray, bits: int) -> np.ndarray:
    """Whole multiples of each row's largest entry over 2^(bits − 1) − 1."""
    scale = np.abs(rows).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
    return np.rint(rows / scale) * scale
