"""A large rulebook: 5,000 areas and 200 rules, 1 MB of it."""

AREAS, RULES = 5000, 200
_RULED = AREAS * 10 // RULES
"""Each so many areas one has ten rules."""


def large_rulebook() -> str:
    """Its text: connections by name, with 200 tariffs among them, and 20 feeders with rules."""
    areas = (_feeder(n) if n % _RULED == 0 else _connection(n) for n in range(AREAS))
    return f"{_HEAD}{''.join(areas)}limits: {{max: 30, max_change: 5, decimals: 2}}\n"


_HEAD = """\
rulegrid: 1
name: A large rulebook
timezone: Europe/Vienna
variables:
  flow: abs(average(import - export, 4 slots))
  is_evening: 17 <= hour < 20
  base_fee: {unit: ct/kWh, value: 2}
areas:
"""


def _connection(number: int) -> str:
    tariff = number % 200
    power = 3 + tariff % 17
    return f"""\
  Street {number // 50} House {number}:
    description: Connection {number} of street {number // 50}, contracted power {power} kW
    fee: clamp({0.5 + tariff / 100:g} ct/kWh + flow * 0.4 ct/kWh / {power} kWh, 0.5, 6)
    when_no_data: {1 + number % 4}
    limits: {{max: {12 + number % 3}}}
"""


def _feeder(number: int) -> str:
    rules = "".join(_rule(number, place) for place in range(10))
    return f'  "Feeder {number}":\n    rules:\n{rules}      - otherwise: base_fee\n'


def _rule(number: int, place: int) -> str:
    load = 100 - place * 10 + number / 1000
    return f"""\
      - when: flow > {load:g} kWh and self_sufficiency < 50 % or is_evening and export > 9 kWh
        fee: base_fee * {150 + place} % + {place / 100:g} ct/kWh
        because: The feeder carries more than {load:g} kWh a slot
"""
