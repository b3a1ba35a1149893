// A mask of classes over a picture: the pixels of class 0 are clear, each other class has a colour, as `legend` says.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { placeColor } from "../../core/colors.ts";
import { objectAddress } from "../objects.ts";

export interface MaskFact {
  sha256: string;
  label?: string;
  classes?: Record<string, string>;
}

const OPAQUE = 150;

/** Colour of a class of the n-th mask: masks of one class each differ as well. */
export const maskColor = (mask: number, value: number): string => placeColor(mask * 5 + value - 1, true);

export function Mask({ of, place }: { of: MaskFact; place: number }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const picture = new Image();
    picture.decoding = "async";
    picture.onload = () => canvas.current && paint(canvas.current, picture, place);
    picture.src = objectAddress(of.sha256, { type: "image/png" });
    return () => void (picture.onload = null);
  }, [of.sha256, place]);
  return <canvas ref={canvas} class="mask" aria-hidden="true" />;
}

function paint(canvas: HTMLCanvasElement, picture: HTMLImageElement, place: number): void {
  canvas.width = picture.naturalWidth;
  canvas.height = picture.naturalHeight;
  const room = canvas.getContext("2d", { willReadFrequently: true });
  if (!room) return;
  room.drawImage(picture, 0, 0);
  const pixels = room.getImageData(0, 0, canvas.width, canvas.height);
  const colors = new Map<number, number[]>();
  for (let at = 0; at < pixels.data.length; at += 4) {
    const value = pixels.data[at]!;
    if (!value) {
      pixels.data[at + 3] = 0;
      continue;
    }
    // A mask that is only on or off is kept as black and white.
    const known = colors.get(value) ?? parts(maskColor(place, value === 255 ? 1 : value));
    colors.set(value, known);
    pixels.data.set([known[0]!, known[1]!, known[2]!, OPAQUE], at);
  }
  room.putImageData(pixels, 0, 0);
}

const parts = (color: string): number[] => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/** Name the masks and their classes, with their colours. */
export function legend(masks: readonly MaskFact[]): { name: string; color: string }[] {
  return masks.flatMap((mask, place) => {
    const classes = Object.entries(mask.classes ?? {}).filter(([value]) => Number(value) > 0);
    return classes.length ? classes.map(([value, name]) => ({ name, color: maskColor(place, Number(value)) })) : mask.label ? [{ name: mask.label, color: maskColor(place, 1) }] : [];
  });
}
