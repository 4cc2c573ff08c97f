"""A sample's random numbers depend on its run, purpose, problem and index, and on nothing else."""

from apportion.data.sampler.streams import BITS, base_seed, stream


def test_a_stream_is_the_same_whenever_it_is_opened() -> None:
    base = base_seed(0, "solve", "add-1-0")
    assert stream(base, 3).random(5).tolist() == stream(base, 3).random(5).tolist()


def test_seeds_purposes_problems_and_samples_all_matter() -> None:
    bases = [
        base_seed(seed, purpose, problem)
        for seed in (0, 1)
        for purpose in ("solve", "resolve")
        for problem in ("a", "b")
    ]
    assert len(set(bases)) == 8
    assert all(0 <= base < 2**BITS for base in bases)
    assert len({stream(base, sample).random() for base in bases for sample in range(9)}) == 72
