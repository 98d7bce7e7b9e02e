"""The claim: one event as JSON comes in, a decision with its steps and what is still to be proved goes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pricing.claim import OPEN, REFUSED, Decision, decide
from pricing.claim_parts import Step
from pricing.claim_terms import ClaimTerms
from pricing.edition import Edition
from pricing.errors import InputError
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.scheme import Scheme
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import LANGUAGES, say
from service.claims.claim_request import ClaimRequest
from service.refusals import of_row

FORMAT = 1
Words = dict[str, str]


def claim(raw: Any, tariff: Tariff, today: dt.date, lang: str = "en") -> dict[str, Any]:
    """Answer a claim; InputError where it is malformed, a refusal in the decision where it is not to be paid."""
    request = ClaimRequest.of(raw, tariff, today, lang)
    scheme = tariff.schemes[request.cover]
    edition = tariff.on(request.claim.month, request.known_on)
    if not edition.region_number(request.claim.region):
        raise InputError("region_not_known", "region", value=request.claim.region)
    found = decide(request.claim, edition, scheme, request.terms)
    shown = _Shown(request, edition, scheme)
    steps = [shown.line(step) for step in found.steps]
    no_proof = [request.terms.no_proof[name] for name in request.claim.proofs if _self(request, name)]
    return {
        "format": FORMAT,
        "cover": scheme.name,
        "title": dict(scheme.title),
        "worker": request.worker,
        "region": request.claim.region,
        "month": month_text(request.claim.month),
        "known_on": request.known_on.isoformat(),
        "edition": edition.hash,
        "decision": found.decision,
        "benefit_fen": found.benefit_fen,
        "steps": steps,
        "to_prove": [shown.lacking(names) for names in found.to_prove] if found.decision == OPEN else [],
        "refusal": shown.refusal(found) if found.decision == REFUSED else None,
        "warnings": [_spoken("claim_no_proof", {"proofs": tuple(no_proof)})] if no_proof else [],
        **_marks(found),
    }


def _self(request: ClaimRequest, name: str) -> bool:
    """Whether something sent is only reported by oneself."""
    return name in request.terms.no_proof and request.claim.proofs[name]


def _marks(found: Decision) -> dict[str, str]:
    """The weakest marks of the entries that the steps rest on; covers beside the law are a demonstration."""
    entries = [step.found for step in found.steps if step.found]
    status = max([entry.status for entry in entries], default=len(STATUSES) - 1)
    evidence = max([entry.entry.evidence for entry in entries], default=len(EVIDENCE) - 1)
    return {"status": STATUSES[status], "evidence": EVIDENCE[evidence]}


def _spoken(code: str, facts: Mapping[str, object]) -> Words:
    """Code and message in both languages; a fact may itself be in both, or be several such."""
    message, message_zh = (say(code, lang, **_in(facts, lang)) for lang in LANGUAGES)
    return {"code": code, "message": message, "message_zh": message_zh}


def _in(facts: Mapping[str, object], lang: str) -> dict[str, object]:
    return {name: _one(fact, lang) for name, fact in facts.items()}


def _one(fact: object, lang: str) -> object:
    if isinstance(fact, tuple):
        return " / ".join(str(_one(one, lang)) for one in fact)
    return fact[lang] if isinstance(fact, Mapping) else fact


class _Shown:
    """Steps and refusals as the contract shows them."""

    def __init__(self, request: ClaimRequest, edition: Edition, scheme: Scheme) -> None:
        self.request, self.edition, self.scheme = request, edition, scheme

    def line(self, step: Step) -> dict[str, Any]:
        """A step with its text in both languages and, where it rests on one, its entry."""
        facts = dict(step.facts)
        if "occupation" in facts:
            facts["occupation"] = {lang: say(f"compare_occupation_{facts['occupation']}", lang) for lang in LANGUAGES}
        said = self._why(step.refusal) if step.refusal is not None else _spoken(f"claim_step_{step.sentence}", facts)
        line: dict[str, Any] = {"step": step.name, "holds": step.holds, "operand": step.operand, "unit": step.unit}
        line |= {"running_fen": step.running_fen, "text": said["message"], "text_zh": said["message_zh"]}
        marks: dict[str, Any] = dict.fromkeys(("entry", "source", "status", "evidence"))
        if step.found is not None:
            entry = step.found.entry
            source = " · ".join(filter(None, (entry.source, entry.clause)))
            marks = {"entry": entry.id, "source": source, "status": STATUSES[step.found.status]}
            marks["evidence"] = EVIDENCE[entry.evidence]
        return line | marks

    def lacking(self, names: tuple[str, ...]) -> dict[str, Any]:
        """A group of proofs of which one is needed."""
        titles = self.request.terms.proof_titles()
        month = self.request.claim.month
        facts: dict[str, object] = {"month": month_text(month), "last_month": month_text(month - 12)}
        if all(name in titles for name in names):
            said = _spoken("claim_to_prove", {"proofs": tuple(titles[name] for name in names)})
        else:
            said = _spoken(f"claim_to_prove_{names[0]}", facts)
        return {"any_of": list(names), "message": said["message"], "message_zh": said["message_zh"]}

    def refusal(self, found: Decision) -> dict[str, Any]:
        """Why a claim is refused, with the step that refused it."""
        last = found.steps[-1].name if found.steps and found.steps[-1].holds is False else None
        return {**self._why(found.refusal), "step": last}

    def _why(self, refusal: object) -> Words:
        if isinstance(refusal, int):
            record = {**self.request.enrolment, "region": self.request.claim.region}
            record["occupation"] = self.request.claim.occupation
            shown = of_row(refusal, record, self.edition, self.scheme, None)
            return {key: shown[key] for key in ("code", "message", "message_zh")}
        code, values = refusal.code, refusal.values  # type: ignore[attr-defined]
        return _spoken(code, values)


def known_parts(tariff: Tariff) -> list[dict[str, Any]]:
    """Per cover: its shape, the kinds of events, what is excluded, and the proofs that are needed."""
    return [_parts(name, terms) for name, scheme in tariff.schemes.items() if (terms := _terms(scheme)) is not None]


def _terms(scheme: Scheme) -> ClaimTerms | None:
    return None if scheme.product is None else scheme.product.claim


def _parts(name: str, terms: ClaimTerms) -> dict[str, Any]:
    return {
        "cover": name,
        "shape": terms.shape,
        "kinds": dict(terms.kinds),
        "excluded": dict(terms.excluded),
        "proofs": [dict(group) for group in terms.proofs],
        "no_proof": dict(terms.no_proof),
    }
