//! The echo service as a CGI program in Zig.
const std = @import("std");

pub fn main() !void {
    var arena = std.heap.ArenaAllocator.init(std.heap.wasm_allocator);
    const variables = try std.process.getEnvMap(arena.allocator());
    const path = variables.get("PATH_INFO") orelse "";
    const out = std.io.getStdOut().writer();

    if (std.mem.eql(u8, path, "/echo")) {
        try begin("200");
        try out.print("{s} {s} {s}\n", .{
            variables.get("REQUEST_METHOD") orelse "",
            variables.get("REQUEST_URI") orelse "",
            variables.get("HTTP_X_SENT") orelse "",
        });
        var buffer: [65536]u8 = undefined;
        while (true) {
            const length = try std.io.getStdIn().read(&buffer);
            if (length == 0) break;
            try out.writeAll(buffer[0..length]);
        }
    } else if (std.mem.eql(u8, path, "/env")) {
        try begin("200");
        try out.print("{s}\n", .{variables.get("GREETING") orelse ""});
    } else if (std.mem.startsWith(u8, path, "/status/")) {
        try begin(path["/status/".len..]);
        try out.print("status {s}\n", .{path["/status/".len..]});
    } else if (std.mem.eql(u8, path, "/wait")) {
        const start = try std.time.Instant.now();
        std.Thread.sleep(30 * std.time.ns_per_ms);
        const end = try std.time.Instant.now();
        try begin("200");
        try out.print("waited {}\n", .{end.since(start) >= 30 * std.time.ns_per_ms});
    } else if (std.mem.eql(u8, path, "/fail")) {
        @panic("asked to fail");
    } else {
        try begin("404");
        try out.writeAll("no such page\n");
    }
}

fn begin(status: []const u8) !void {
    const out = std.io.getStdOut().writer();
    try out.print("Status: {s}\nContent-Type: text/plain; charset=utf-8\n\n", .{status});
}
