// What a part of the page shows when its data did not come: why, and a way to try again. The rest of the page goes on.
import type { JSX } from "preact";
import type { Problem } from "../core/api.ts";
import { Button } from "./button.tsx";
import { copy } from "./toast.tsx";

export interface FailureProps {
  problem: Problem;
  onRetry?: () => void;
}

export function Failure({ problem, onRetry }: FailureProps): JSX.Element {
  const cause = [problem.message, problem.hint && `hint: ${problem.hint}`, problem.code && `(${problem.code})`].filter(Boolean).join("\n");
  return (
    <div class="failure" role="alert">
      <p>{problem.message}</p>
      {problem.hint && <p class="faint">{problem.hint}</p>}
      <div class="failure-actions">
        {onRetry && <Button kind="plain" icon="reset" onClick={onRetry}>Try again</Button>}
        <Button icon="copy" onClick={() => void copy(cause, "Cause copied")}>Copy the cause</Button>
      </div>
    </div>
  );
}
