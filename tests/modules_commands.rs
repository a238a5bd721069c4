//! What modules register, and what is told about it. The answers are those of a stock server with the same module.

mod support;

use support::{Options, SHARDS, Server, module, with_module};

fn commands(test: impl Fn(&Server)) {
    with_module("commands", &[], test);
}

#[test]
fn what_is_registered_runs() {
    commands(|server| {
        let mut c = server.client();
        c.check("c.ECHO a b", "[$c.ECHO $a $b]");
        c.check("C.MIXED", "[$C.MIXED]");
        c.check("C.BOX get k", "[$C.BOX $get $k]");
        c.check("C.BOX", "-ERR wrong number of arguments for 'c.box' command");
        c.check("C.BOX get", "-ERR wrong number of arguments for 'c.box|get' command");
        c.check("C.BOX none", "-ERR unknown subcommand 'none'. Try C.BOX HELP.");
        c.check("C.FULL a b c", "-ERR wrong number of arguments for 'c.full' command");
        c.check("C.NAME", "$c.name");
        c.check("C.FLAGS", "-ERR unknown command 'C.FLAGS', with args beginning with: ");
        c.check("C.LATE", ":0");
    });
}

#[test]
fn command_info_shows_it() {
    let want = [
        (
            "c.echo",
            "[[$c.echo :-1 [+readonly +module +fast] :1 :-1 :2 [+@read +@fast +@boxes] [] [[$flags [+RW +access +update]",
        ),
        ("c.mixed", "[[$C.Mixed :-1 [+module] :0 :0 :0 [] [] [] []]]"),
        (
            "c.every",
            "[[$c.every :-1 [+write +denyoom +module +admin +pubsub +noscript +blocking +loading +stale +skip_monitor \
             +skip_commandlog +fast +no_auth +no_mandatory_keys +allow_busy] :1 :1 :1 [] [] ",
        ),
        ("c.asked", "[[$c.asked :-1 [+readonly +module +movablekeys] :0 :0 :0 "),
        (
            "c.full",
            "[[$c.full :-5 [+write +module +movablekeys] :1 :1 :1 [] [$nondeterministic_output $request_policy:all_shards] [[",
        ),
        ("c.box", "[[$c.box :-2 [+module] :0 :0 :0 [] [] [] [[$c.box|"),
    ];
    commands(|server| {
        let mut c = server.client();
        for (name, want) in want {
            let got = c.run(&format!("COMMAND INFO {name}")).to_string();
            assert!(got.starts_with(want), "{got}");
        }
        c.check("COMMAND LIST FILTERBY MODULE none", "[]");
        assert_eq!(c.run("COMMAND LIST FILTERBY MODULE commands").items().len(), 13);
    });
}

#[test]
fn command_docs_show_it() {
    commands(|server| {
        let mut c = server.client();
        let choice = "[$name $choice $type $oneof $flags [+optional] $arguments [[$name $nx $type $pure-token $display_text $nx \
                      $token $NX $since $1.3.0] [$name $seconds $type $integer $display_text $seconds $token $EX $summary \
                      $How long.]]]";
        let want = format!(
            "[$c.full [$summary $Does all there is. $since $1.2.3 $group $module $complexity $O(1) $module $commands $history \
             [[$1.3.0 $More of it.] [$1.4.0 $Less of it.]] $arguments [[$name $key $type $key $display_text $key \
             $key_spec_index :0] {choice} [$name $value $type $double $display_text $shown $flags [+multiple]]]]]"
        );
        c.check("COMMAND DOCS c.full", &want);
        let sub = c.run("COMMAND DOCS c.box").to_string();
        assert!(sub.contains("$c.box|get [$summary $Gets."), "{sub}");
    });
}

#[test]
fn keys_are_found() {
    commands(|server| {
        let mut c = server.client();
        c.check("COMMAND GETKEYS c.full k v v v KEYS 2 a b STORE d", "[$k $a $b $d]");
        c.check("COMMAND GETKEYS c.echo a b c", "[$a $c]");
        c.check("C.KEYS c.asked 2 a x b", "[:2 :17 :4 :50]");
        c.check("C.KEYS c.asked 0", "-ERR errno 0");
        c.check("C.KEYS get", "-ERR errno EINVAL");
        c.check("C.KEYS nonsense", "-ERR errno ENOENT");
        c.check("C.KEYS ping", "-ERR errno 0");
        c.check("C.KEYS mset a 1 b 2", "[:1 :36 :3 :36]");
        c.check("C.KEYS c.box get k", "[:2 :50]");
        // Routed by keys that only the command knows, it still runs.
        c.check("C.ASKED 1 a", "[$C.ASKED $1 $a]");
    });
}

#[test]
fn info_can_be_set_late_and_once() {
    commands(|server| {
        let mut c = server.client();
        c.check("C.TOLD", "[$C.TOLD]");
        c.check("C.TELL", "-ERR 0 -");
        c.check("C.TELL", "-ERR 1 EEXIST");
        // All shards' connections see it.
        for mut c in server.clients(4) {
            c.check("C.TOLD", "-ERR wrong number of arguments for 'c.told' command");
            c.check("C.TOLD x", "[$C.TOLD $x]");
        }
    });
}

#[test]
fn nothing_stays_of_a_module_that_refuses() {
    let file = module("commands");
    for shards in SHARDS {
        let server = Options::new(shards).args(&["--enable-module-command", "yes"]).start();
        let mut c = server.client();
        let path = file.display();
        let categories = c.run("COMMAND LIST").items().len();
        for _ in 0..3 {
            let got = c.run(&format!("MODULE LOAD {path} refused"));
            assert!(got.is_error(), "{got}");
            c.check("C.ECHO", "-ERR unknown command 'C.ECHO', with args beginning with: ");
            assert_eq!(c.run("COMMAND LIST").items().len(), categories);
        }
        // Its ACL category is free again, or OnLoad would fail.
        c.check(&format!("MODULE LOAD {path}"), "+OK");
        c.check("C.ECHO", "[$C.ECHO]");
        c.check("MODULE UNLOAD commands", "+OK");
        c.check("C.ECHO", "-ERR unknown command 'C.ECHO', with args beginning with: ");
    }
}
