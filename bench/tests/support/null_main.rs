//! `valkore-bench-null --port N`: the tests' server as a program, to see what the client alone can do.
//! Other arguments are ignored, except `--fail`: end at once with a message, as a misconfigured server does.

mod null;

use std::net::TcpListener;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.iter().any(|arg| arg == "--fail") {
        eprintln!("*** FATAL CONFIG ***");
        std::process::exit(1);
    }
    let after_port = args.iter().skip_while(|arg| *arg != "--port").nth(1);
    let port = after_port.and_then(|port| port.parse().ok()).expect("--port N is missing");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    null::serve(&listener);
}
