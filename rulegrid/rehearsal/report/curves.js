// Curves: each slot where there is room, else some slots as their mean, their lowest and their highest value.

const curvesOf = (data) => {
  const MOST_POINTS = 1600;
  const ROUND = [30, 60, 120, 180];
  const DAY = 1440;

  // The three of each curve, slot by slot, or for every `data.stride` slots.

  async function unpacked({ curves: { digits, text } }) {
    const zipped = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const size = bytes.length / digits.length / 4;
    const series = digits.map((kept, n) => Array.from({ length: size }, (_, at) => {
      const [a, b, c, d] = [0, 1, 2, 3].map((plane) => bytes[(4 * n + plane) * size + at]);
      const value = a | (b << 8) | (c << 16) | (d << 24);
      return value === -(2 ** 31) ? null : value / 10 ** kept;
    }));
    if (data.stride === 1) return series.map((each) => ({ low: each, high: each, mean: each }));
    return series.flatMap((low, n) => (n % 3 ? [] : [{ low, high: series[n + 1], mean: series[n + 2] }]));
  }

  // So many places are drawn as one that there are few enough, in round times where that can be: a day
  // and a night seen apart or not at all.

  function together(places) {
    if (places <= MOST_POINTS) return 1;
    const each = data.minutes * data.stride;
    const needed = Math.ceil((2 * places) / MOST_POINTS) * each;
    const round = ROUND.find((minutes) => minutes >= needed) || Math.ceil(needed / DAY) * DAY;
    return Math.ceil(round / each);
  }

  // How a part of the history is drawn: from which slot on, how many points, of how many slots each.

  function looking(view) {
    const last = Math.ceil(data.length / data.stride);
    const to = Math.min(Math.ceil(view[1] / data.stride) + 1, last);
    const from = Math.max(Math.min(Math.floor(view[0] / data.stride) - 1, to - 1), 0);
    const per = together(to - from);
    const midnight = Math.round(Date.parse(data.start + "Z") / 60000 / data.minutes / data.stride);
    const begin = from - ((midnight + from) % per);
    return { begin, per, points: Math.ceil((to - begin) / per), first: begin * data.stride, slots: per * data.stride };
  }

  function pixelsOf({ low, high, mean }, { begin, per, points }) {
    const seen = { low: [], high: [], mean: [] };
    for (let at = begin; at < begin + points * per; at += per) {
      const known = (each) => each.slice(Math.max(at, 0), at + per).filter((value) => value !== null);
      const [lows, highs, means] = [low, high, mean].map(known);
      seen.low.push(lows.length ? Math.min(...lows) : null);
      seen.high.push(highs.length ? Math.max(...highs) : null);
      seen.mean.push(means.length ? means.reduce((sum, value) => sum + value, 0) / means.length : null);
    }
    return seen;
  }

  // Around all points that follow each other: along the highest values, and back along the lowest.

  function bandOf({ low, high }, { first, slots }) {
    const [x, y, run] = [[], [], []];
    const edges = (at) => [first + at * slots, first + (at + 1) * slots];
    for (let at = 0; at <= low.length; at++) {
      if (at < low.length && low[at] !== null) { run.push(at); continue; }
      const back = [...run].reverse();
      x.push(...run.flatMap(edges), ...back.flatMap((each) => edges(each).reverse()), null);
      y.push(...run.flatMap((each) => [high[each], high[each]]), ...back.flatMap((each) => [low[each], low[each]]), null);
      run.length = 0;
    }
    return { x, y };
  }

  return { unpacked, looking, pixelsOf, bandOf };
};
