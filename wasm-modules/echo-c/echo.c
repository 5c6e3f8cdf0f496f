/* A CGI program of the kind that web servers have run since 1993, as a WASI command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? "" : value;
}

static void answer(const char *status) {
  printf("Status: %s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", status);
}

static void echo(void) {
  static char buffer[65536];
  answer("200");
  printf("%s %s %s\n", variable("REQUEST_METHOD"), variable("REQUEST_URI"), variable("HTTP_X_SENT"));
  for (size_t length; (length = fread(buffer, 1, sizeof buffer, stdin)) > 0;) fwrite(buffer, 1, length, stdout);
}

static void wait_a_little(void) {
  const struct timespec pause = {.tv_sec = 0, .tv_nsec = 30000000};
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  nanosleep(&pause, NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  long long passed = (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec);
  answer("200");
  printf("waited %s\n", passed >= pause.tv_nsec ? "true" : "false");
}

int main(void) {
  const char *path = variable("PATH_INFO");
  if (strcmp(path, "/echo") == 0) {
    echo();
  } else if (strcmp(path, "/env") == 0) {
    answer("200");
    printf("%s\n", variable("GREETING"));
  } else if (strncmp(path, "/status/", 8) == 0) {
    answer(path + 8);
    printf("status %s\n", path + 8);
  } else if (strcmp(path, "/wait") == 0) {
    wait_a_little();
  } else if (strcmp(path, "/fail") == 0) {
    fputs("asked to fail\n", stderr);
    abort();
  } else {
    answer("404");
    puts("no such page");
  }
  return 0;
}
