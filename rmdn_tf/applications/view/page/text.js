/** Numbers as text. */

/** Seconds as minutes and seconds: "1:03.2". */
export function clockTime(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return `${minutes}:${rest}`;
}

/** A share from 0 to 1 as percent: "12.3 %". */
export function percent(share) {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

/** About how long something takes: "12 seconds", "3 minutes". */
export function about(seconds) {
  if (seconds < 1.5) return "1 second";
  if (seconds < 90) return `${Math.round(seconds)} seconds`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}

/** A number with a minus sign, as typeset: "−1.8". */
export function signed(number, digits = 1) {
  return number.toFixed(digits).replace("-", "\u2212");
}

/** Bytes as text: "3.4 MB". */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${unit ? bytes.toFixed(1) : bytes}\u00a0${units[unit]}`;
}
