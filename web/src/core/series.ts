// Decodes the binary answer of POST /api/series: "EVS1", the header's length, a JSON header, then 8-byte aligned blocks.
// The blocks are views on the answer's own memory: nothing is copied.

export interface Extreme {
  x: number;
  step: number;
  y: number;
}

export interface Curve {
  run_id: string;
  key: string;
  group: { label: string; key: Record<string, unknown>; n_runs: number } | null;
  points: number;
  nonfinite: number;
  first_nonfinite_x: number | null;
  /** Whether `x` and `mean` hold the logged points themselves instead of bins. */
  exact: boolean;
  x: Float64Array | null;
  step: Float64Array | null;
  mean: Numbers;
  min: Numbers | null;
  max: Numbers | null;
  /** The line without smoothing, where one was asked for. */
  raw: Numbers | null;
  count: Numbers | null;
  /** Runs per bin, for a group. */
  n: Numbers | null;
  lo: Numbers | null;
  hi: Numbers | null;
  extremes: Extreme[];
}

export type Numbers = Float32Array | Float64Array | Uint32Array;

export interface Robust {
  low: number;
  high: number;
  above: number;
  below: number;
}

/** A few words at a step of a run. */
export interface Note {
  id: string;
  run_id: string;
  step: number;
  x: number;
  text: string;
}

export interface SeriesAnswer {
  cursor: string;
  bins: number;
  x: Float64Array;
  edges: Float64Array | null;
  low: number;
  high: number;
  curves: Curve[];
  robust: Record<string, Robust>;
  annotations: Note[];
  size_bytes: number;
}

interface Block {
  offset: number;
  length: number;
  dtype: "f4" | "f8" | "u4";
}

const KINDS = { f4: Float32Array, f8: Float64Array, u4: Uint32Array };

/** Return the answer's curves; throws when the bytes are not of this format. */
export function decode(buffer: ArrayBuffer): SeriesAnswer {
  const start = new Uint8Array(buffer, 0, Math.min(4, buffer.byteLength));
  if (String.fromCharCode(...start) !== "EVS1") throw new Error("The series answer is not of the format EVS1");
  const length = new DataView(buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const base = 8 + length;
  const block = (about: Block | undefined | null): Numbers | null => {
    if (!about) return null;
    const kind = KINDS[about.dtype];
    return new kind(buffer, base + about.offset, about.length / kind.BYTES_PER_ELEMENT);
  };
  const curves = header.curves.map((curve: any): Curve => {
    const blocks = curve.blocks ?? {};
    return {
      run_id: curve.run_id ?? "",
      key: curve.key,
      group: curve.group ?? null,
      points: curve.points ?? 0,
      nonfinite: curve.nonfinite ?? 0,
      first_nonfinite_x: curve.first_nonfinite_x ?? null,
      exact: Boolean(curve.exact),
      x: block(blocks.x) as Float64Array | null,
      step: block(blocks.step) as Float64Array | null,
      mean: block(blocks.mean ?? blocks.y) ?? new Float32Array(0),
      min: block(blocks.min),
      max: block(blocks.max),
      raw: block(blocks.raw),
      count: block(blocks.count),
      n: block(blocks.n),
      lo: block(blocks.lo),
      hi: block(blocks.hi),
      extremes: curve.extremes ?? [],
    };
  });
  return {
    cursor: String(header.cursor ?? ""),
    bins: header.bins ?? 0,
    x: (block(header.x) as Float64Array | null) ?? new Float64Array(0),
    edges: block(header.edges) as Float64Array | null,
    low: header.range?.low ?? 0,
    high: header.range?.high ?? 1,
    curves,
    robust: header.robust ?? {},
    annotations: header.annotations ?? [],
    size_bytes: buffer.byteLength,
  };
}
