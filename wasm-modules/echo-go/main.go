// An ordinary net/http handler as a WASI command: net/http/cgi brings each request to it.
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"os"
	"strconv"
	"time"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/status/{code}", status)
	mux.HandleFunc("/env", env)
	mux.HandleFunc("/wait", wait)
	mux.HandleFunc("/fail", fail)
	if err := cgi.Serve(mux); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	text(w, http.StatusOK)
	fmt.Fprintf(w, "%s %s %s\n", r.Method, r.URL.RequestURI(), r.Header.Get("X-Sent"))
	if _, err := io.Copy(w, r.Body); err != nil {
		panic(err)
	}
}

func status(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 200 || code > 599 {
		code = http.StatusBadRequest
	}
	text(w, code)
	fmt.Fprintf(w, "status %d\n", code)
}

func env(w http.ResponseWriter, _ *http.Request) {
	text(w, http.StatusOK)
	fmt.Fprintln(w, os.Getenv("GREETING"))
}

// The runtime's scheduler has nothing to run meanwhile, so it waits in poll_oneoff.
func wait(w http.ResponseWriter, _ *http.Request) {
	start := time.Now()
	done := make(chan struct{})
	go func() {
		time.Sleep(30 * time.Millisecond)
		close(done)
	}()
	<-done
	text(w, http.StatusOK)
	fmt.Fprintln(w, "waited", time.Since(start) >= 30*time.Millisecond)
}

func fail(http.ResponseWriter, *http.Request) {
	panic("asked to fail")
}

func text(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
}
