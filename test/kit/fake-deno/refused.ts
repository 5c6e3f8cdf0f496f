/** What the API refuses, in its own words. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const notFound = (what: string): Refused => new Refused(404, "NOT_FOUND", `${what} not found`);
export const invalid = (message: string): Refused => new Refused(400, "BAD_REQUEST", message);
