// Examples of the filter, as the guide has them.
export const plainExamples: readonly (readonly [string, string])[] = [
  ["lr<1e-3 and best(val/acc)>0.9", "by parameters and by metrics: best, last, min, max, mean, std, at, slope"],
  ["state:failed started>2d", "by state and age; “and” may be left out"],
  ["tag:paper not host=gpu7", "by tag; “not” turns a condition round"],
  ["config.data.aug.flip=true", "a parameter by its whole path"],
  ["at(train/loss,1000)<0.5", "a metric at a step"],
  ["opt in (adam, sgd) or batch between 32..128", "lists and ranges; parentheses group"],
  ["name~\"^vit-.*-s$\"", "a regular expression"],
  ["has:ckpt has_nan", "where something exists; where a metric is not finite"],
  ["`odd key, with spaces`>1", "names with odd characters in back-ticks"],
];
