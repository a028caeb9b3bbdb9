"""Which classes of consonants a letter may stand for, per alphabet; readings are parted by |, none is silent.

S: s, sh, z, zh. J: j, ch (as in church), ts, tz. K: k, q, g, gh. H: h, kh. B: b, p. F: f, v, and w where it
begins a word. T: t, d. R, L, M, N. Letters that are not listed, the vowels, are silent.
"""

from collections.abc import Mapping
from typing import Final

Letters = Mapping[str, tuple[str, ...]]
"""Readings by letter, or by letters that are read as one."""


def _table(text: str) -> Letters:
    pairs = (entry.split("=") for entry in text.split())
    return {letters: tuple(readings.split("|")) for letters, readings in pairs}


ARABIC: Final = _table("""
    س=S ش=S ص=S ز=S ظ=S ژ=S ذ=S ث=S|T ض=S|T ج=J چ=J ك=K ک=K ق=K غ=K گ=K خ=H ح=H ه=H ہ=H ب=B پ=B ف=F ت=T ط=T
    د=T ة=T ٹ=T ڈ=T ر=R ڑ=R ل=L م=M ن=N ں=N و=|F ھ= کھ=K|H چھ=J تش=J|TS تس=J|TS تز=J|TS
""")
GREEK: Final = _table("""
    τσ=J τζ=J μπ=B|MB ντ=T|NT γκ=K|NK γγ=NK γχ=NH γι=K| γυ=K| γε=K| γη=K| αυ=F| ευ=F| ου= β=F| γ=K δ=T|S
    ζ=S|J θ=T|S κ=K λ=L μ=M ν=N ξ=KS π=B ρ=R σ=S ς=S τ=T φ=F χ=H ψ=BS
""")
LATIN: Final = _table("""
    dsch=J tsch=J sch=S tch=J dj=J tz=J ts=J sh=S ch=H|S|J kh=H gh=K ph=F th=T|S dh=S|T zh=S|J ng=NK mp=B|MB
    nt=NT|T gk=K|NK bh=B ck=K gi=K|J| ge=K|J| g=K b=B c=K|J d=T f=F h=H j=J| k=K l=L m=M n=N p=B q=K r=R s=S
    t=T v=F| w=F| x=KS z=S
""")
