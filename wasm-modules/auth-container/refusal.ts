/** An answer other than 200: the part of the request that is wrong, and what is allowed. */
export class Refusal extends Error {
  readonly status: number;
  readonly field: string;
  readonly allow: string | undefined;

  constructor(status: number, field: string, message: string, allow?: string) {
    super(message);
    this.status = status;
    this.field = field;
    this.allow = allow;
  }

  /** 400: a field of the body is wrong. */
  static bad(field: string, message: string): Refusal {
    return new Refusal(400, field, message);
  }
}
