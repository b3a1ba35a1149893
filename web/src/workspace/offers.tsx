// What could stand at the cursor of the filter.
import type { JSX } from "preact";
import type { CompletionAnswer } from "../core/types.ts";

export interface OffersProps {
  answer: CompletionAnswer;
  place: number;
  onTake: (place: number) => void;
}

export function Offers({ answer, place, onTake }: OffersProps): JSX.Element {
  return (
    <ul id="filter-offers" class="offers" role="listbox" aria-label="Suggestions">
      {answer.items.slice(0, 12).map((item, number) => (
        <li key={item.text} id={`offer-${number}`} role="option" aria-selected={number === place} onPointerDown={(event) => (event.preventDefault(), onTake(number))}>
          <span class="cut">{item.text}</span>
          <span class="faint">{item.detail ?? item.kind}</span>
          {item.runs !== null && item.runs !== undefined && <span class="num faint">{item.runs}</span>}
        </li>
      ))}
    </ul>
  );
}
