/** The environment that the auth service's cases are written for; the key is no secret. */
export const authEnv = { AUTH_KEY: "an example key of 32 bytes or more", AUTH_ISSUER: "example" };
