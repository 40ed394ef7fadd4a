// Where the facts come from: a server, asked for a neighbourhood at a time, or what the file carries with it. Both answer alike.

export class NeedsKey extends Error {}

export function served(paths) {
  const kept = { key: sessionStorage.getItem("chronokg-key") };

  async function asked(path, question, signal) {
    const words = new URLSearchParams(question.filter(([, value]) => value !== null && value !== ""));
    const headers = kept.key ? { Authorization: `Bearer ${kept.key}` } : {};
    const answer = await fetch(`${path}?${words}`, { headers, signal });
    if (answer.ok) return answer.json();
    if (answer.status === 401 || answer.status === 403) throw new NeedsKey("This server wants a key.");
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail || problem.title || `The server answers with ${answer.status}.`);
  }

  return {
    isFile: false,
    useKey(key) {
      kept.key = key;
      sessionStorage.setItem("chronokg-key", key);
    },
    async search(text, signal) {
      const found = await asked(paths.search, [["q", text], ["limit", 8]], signal);
      return found.entities ?? found.items ?? found;
    },
    about({ entities, known, chosenOn, statuses, relation }, signal) {
      const several = [...entities.map((each) => ["entity", each]), ...statuses.map((each) => ["status", each])];
      return asked(paths.about, [...several, ["known_at", known], ["chosen_on", chosenOn], ["relation", relation]], signal);
    },
    fact([head, relation, tail], known, signal) {
      return asked(paths.fact, [["head", head], ["relation", relation], ["tail", tail], ["known_at", known]], signal);
    },
  };
}

export function carried(file) {
  // The last state that was recorded by a moment; null: all that the file knows.
  const state = (known) => {
    if (known === null) return file.states[file.states.length - 1];
    const before = file.states.filter((each) => each.known_at !== null && Date.parse(each.known_at) <= Date.parse(known));
    if (!before.length) throw new Error("Nothing of this was known then.");
    return before[before.length - 1];
  };

  return {
    isFile: true,
    async search(text) {
      const wanted = text.toLocaleLowerCase();
      const known = [...new Map(file.states.flatMap((each) => each.nodes).map((node) => [node.key, node])).values()];
      const hit = (node) => node.name.toLocaleLowerCase().includes(wanted) || node.key.toLocaleLowerCase() === wanted;
      return known.filter(hit).slice(0, 8).map((node) => ({ ...node, in_graph: true }));
    },
    async about({ entities, known }) {
      const now = state(known);
      const nodes = new Map(now.nodes.map((node) => [node.key, node]));
      const named = entities.map((each) => nodes.get(each) ?? now.entities.find((one) => one.key === each)).filter(Boolean);
      if (!named.length) throw new Error("This file does not tell of that.");
      const keys = named.map((each) => each.key);
      const facts = now.facts.map((number) => file.facts[number]).filter((fact) => keys.includes(fact.head) || keys.includes(fact.tail));
      const ends = new Set(facts.flatMap((fact) => [fact.head, fact.tail]));
      return { ...now, entities: named, facts, nodes: now.nodes.filter((node) => ends.has(node.key)), moments: file.moments, counts: null };
    },
    async fact(triple, known) {
      const number = state(known).details[JSON.stringify(triple)];
      if (number === undefined) throw new Error("This file does not tell of that fact.");
      return file.details[number];
    },
  };
}
