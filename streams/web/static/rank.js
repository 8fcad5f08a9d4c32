// The levels, and which is higher: what everything else may know of them.

/** The levels, the most urgent first. */
export const LEVELS = ["crisis", "escalate", "respond", "watch"];

/** 4 for a crisis, 1 for what is watched. */
export const rank = (level) => LEVELS.length - LEVELS.indexOf(level);
