// Days, and where a fact stands on one: from its steps, which say the same as the fold as of that day.

const DAY = 86400000;

export const toNumber = (day) => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY);
export const toDay = (number) => new Date(number * DAY).toISOString().slice(0, 10);

export function written(day) {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

// In UTC, as every moment of ChronoKG.
export const writtenMoment = (moment) => `${moment.slice(0, 10)} ${moment.slice(11, 19)} UTC`;

// Where a fact stands on a day (null: on the last one); null where it was not a fact yet.
export function standing(fact, day) {
  const steps = fact.steps;
  if (!steps.length) return { status: fact.status, belief: fact.belief, support: fact.support };
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (day === null || steps[middle][0] <= day) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return null;
  const [, belief, support, status] = steps[low - 1];
  return { status, belief, support };
}

// The interval in which a day lies, else the last one before it.
export function holding(fact, day) {
  const begun = fact.intervals.filter((each) => day === null || each.from <= day);
  return begun.length ? begun[begun.length - 1] : null;
}

// Every day on which one of these facts changed, in order.
export function daysOf(facts) {
  return [...new Set(facts.flatMap((fact) => fact.steps.map((step) => step[0])))].sort();
}

export const sentence = (fact) => `${fact.head_name} ${fact.verb} ${fact.tail_name}`;
export const nameOf = (fact) => JSON.stringify([fact.head, fact.relation, fact.tail]);

export const STATUSES = {
  current: "holds",
  contested: "contested",
  superseded: "overturned",
  withdrawn: "withdrawn",
};

// In words, for people and screen readers.
export function told(fact, day) {
  const found = standing(fact, day);
  if (!found) return `${sentence(fact)}: not known yet`;
  const papers = found.support === 1 ? "1 paper" : `${found.support} papers`;
  return `${sentence(fact)}: ${STATUSES[found.status]}, belief ${found.belief.toFixed(2)}, ${papers}`;
}

// What became of a fact from one day to another.
export function between(fact, first, second) {
  const [a, b] = [standing(fact, first), standing(fact, second)];
  const holds = (each) => each !== null && each.status === "current";
  if (holds(a) && holds(b)) return a.belief === b.belief ? "same" : "moved";
  if (holds(a)) return "ended";
  if (holds(b)) return a !== null && a.status === "superseded" ? "returned" : "began";
  if (b !== null && b.status === "contested" && (a === null || a.status !== "contested")) return "contested";
  if (a === null && b === null) return "unknown";
  return a === null ? "passed" : "same";
}
