"""What a measured picture is worth to a marketplace: a verdict a rule. Pure Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.media.marketplaces.book import Marketplace, Measured, Rule


@dataclass(frozen=True)
class Finding:
    """What was measured for one rule, and whether that keeps it."""

    rule: Rule
    measured: Measured
    kept: bool

    def told(self) -> dict[str, Any]:
        """The finding as JSON values. `fix`: None where there is nothing to do."""
        return {
            "rule": self.rule.rule,
            "pass": self.kept,
            "severity": self.rule.severity,
            "certain": self.rule.certain,
            "measured": self.measured,
            "required": self.rule.required,
            "source": self.rule.source,
            "fix": None if self.kept else self.rule.fix,
        }


@dataclass(frozen=True)
class Verdict:
    """What one marketplace would say. It passes where no rule of severity error is broken."""

    market: Marketplace
    findings: tuple[Finding, ...]

    @property
    def passes(self) -> bool:
        """Whether the marketplace would take the picture."""
        return not self.broken("error")

    def broken(self, severity: str) -> tuple[Finding, ...]:
        """The findings of a severity that are not kept."""
        return tuple(
            each for each in self.findings if each.rule.severity == severity and not each.kept
        )

    def sentences(self) -> tuple[str, ...]:
        """What is broken for certain, as warnings; what is guessed is left to `told`."""
        broken = (each for each in self.findings if not each.kept and each.rule.certain)
        return tuple(_sentence(each, self.market.title) for each in broken)

    def told(self) -> dict[str, Any]:
        """The verdict as JSON values."""
        return {
            "pass": self.passes,
            "title": self.market.title,
            "rules": [finding.told() for finding in self.findings],
        }


def judge(measured: Mapping[str, Measured], market: Marketplace) -> Verdict:
    """Hold what `measure` told against each of a marketplace's rules."""
    findings = (
        Finding(rule, measured[rule.measure], rule.kept_by(measured[rule.measure]))
        for rule in market.rules
    )
    return Verdict(market, tuple(findings))


def _sentence(finding: Finding, market: str) -> str:
    rule, unit = finding.rule, f" {finding.rule.unit}" if finding.rule.unit else ""
    seen = "not measurable" if finding.measured is None else f"{_plain(finding.measured)}{unit}"
    return f"{market}, {rule.rule}: {seen}, required {rule.required}. {rule.fix}"


def _plain(value: Measured) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
