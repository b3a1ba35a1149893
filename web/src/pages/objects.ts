// Objects of the store, as addresses and as texts. Invariant: an object is asked for as a type of a fixed list, and as that only
// shown where a browser runs nothing of it, or in a sandbox.
import { address, ask } from "../core/api.ts";

const TYPES: Record<string, string> = {
  png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", bmp: "image/bmp", avif: "image/avif", svg: "image/svg+xml",
  wav: "audio/wav", mp3: "audio/mpeg", ogg: "audio/ogg", flac: "audio/flac", m4a: "audio/mp4", aac: "audio/aac", mp4: "video/mp4", webm: "video/webm", ogv: "video/ogg",
  html: "text/html", htm: "text/html", json: "application/json", txt: "text/plain", csv: "text/csv", md: "text/markdown",
};

export const endingOf = (path: string): string => /\.([A-Za-z0-9]{1,8})$/.exec(path)?.[1]?.toLowerCase() ?? "";

/** Return the media type of a file by its ending, empty where none is known. */
export const typeOf = (ending: string): string => TYPES[ending.replace(/^.*\./, "")] ?? "";

export function objectAddress(sha256: string, options: { type?: string; run?: string; name?: string } = {}): string {
  return address(`/api/objects/${encodeURIComponent(sha256)}`, options);
}

const MOST = 4_000_000;

export interface ObjectText {
  text: string;
  /** Whether only the beginning was taken. */
  cut: boolean;
}

const known = new Map<string, Promise<ObjectText>>();

/** Return an object as text, at most its first 4 MB; kept, as an object never changes. */
export function objectText(sha256: string): Promise<ObjectText> {
  const old = known.get(sha256);
  if (old) return old;
  const made = ask(`/api/objects/${encodeURIComponent(sha256)}?type=text/plain`, { headers: { range: `bytes=0-${MOST - 1}` } })
    .then(async (response) => {
      const text = await response.text();
      return { text, cut: Number(response.headers.get("content-range")?.split("/")[1] ?? 0) > MOST };
    })
    .catch(async (error: { status?: number }) => {
      if (error.status === 416) return { text: "", cut: false };
      known.delete(sha256);
      throw error;
    });
  known.set(sha256, made);
  for (const first of known.keys()) if (known.size > 60) known.delete(first);
    else break;
  return made;
}

export const objectJson = async <T>(sha256: string): Promise<T> => JSON.parse((await objectText(sha256)).text) as T;

/** Whether a text is one: no NUL and few characters that could not be read. */
export function isText(text: string): boolean {
  const head = text.slice(0, 8000);
  return !head.includes("\0") && (head.match(/\ufffd/g)?.length ?? 0) <= head.length / 200;
}
