/** What goes wrong and is not our fault: its message is all that is printed. */
export class Trouble extends Error {}
