namespace ReuseportPS.Contract;

/// <summary>
/// Policies over four slots, and what they decide, step by step. The steps, one a line:
/// <c>udp4 7 40{c2} -> 2</c> (a datagram from port 40007 with that payload, <c>{c2}</c> the cookie of slot 2, goes to slot 2), <c>tcp6 7 S -> kernel</c> (a segment
/// with the flag SYN), with <c>+2</c> behind two words of options, <c>@1</c> sent on CPU 1; <c>-> 0|1</c> one of these, <c>-> =a</c> the slot that <c>a</c> stands for, which its first use says;
/// <c>state 1 Draining</c>; <c>stop 1</c> closes the members of a slot, <c>reopen 1</c> seats others; <c>pass 150ms</c>; <c>count StickyHit 2</c>.
/// </summary>
public static class PolicyCases
{
    private const string Ids = "protocol: udp\notherwise: { by: connection-id, new: 0-1, old: 2-3, ";

    private static readonly (string Name, string Policy, string Steps)[] s_cases =
    [
        ("rules that are searched by halves", """
            rules:
              - { when: { source-port: 40009 }, steer: { by: slot, slot: 0 } }
              - { when: { source-port: 40001 }, steer: { by: slot, slot: 3 } }
              - { when: { source-port: 40004, length: 0-3 }, steer: { by: slot, slot: 1 } }
              - { when: { source-port: 40002, family: ipv6 }, steer: { by: slot, slot: 0 } }
              - { when: { source-port: 40007 }, steer: { by: slot, slot: 1 } }
              - { when: { source-port: 40004 }, steer: { by: slot, slot: 3 } }
            otherwise: { by: slot, slot: 2 }
            """,
            """
            udp4 9 00 -> 0
            udp4 1 00 -> 3
            udp6 1 00 +2 -> 3
            udp4 4 00 -> 1
            udp4 4 0011223344 -> 3
            udp4 2 00 -> 2
            udp6 2 00 -> 0
            udp4 7 - -> 1
            udp4 0 00 -> 2
            udp4 3 00 -> 2
            udp4 10 00 -> 2
            tcp4 7 S -> 1
            tcp6 2 S -> 0
            """),
        ("nginx: the cookie of the socket in an id of 20 bytes", Ids + "length: 20, cookie: { at: 0 } }",
            """
            udp4 1 40{c2}000102030405060708090a0b -> 2
            udp6 1 40{c3}000102030405060708090a0b +1 -> 3
            udp4 2 40{l1}000102030405060708090a0b -> 1
            udp4 3 e0000000 0114{c0}000102030405060708090a0b -> 0
            udp4 4 e000000001 08{c0} -> 2|3
            udp4 4 c0000000 0114{c3}000102030405060708090a0b -> 0|1
            udp4 4 d0000000 0114{c3}000102030405060708090a0b -> 0|1
            udp4 5 f06b3343cf14{c3}000102030405060708090a0b -> 3
            udp4 5 e06b3343cf14{c3}000102030405060708090a0b -> 0|1
            udp4 6 e0ff00001d14{c3}000102030405060708090a0b -> 0|1
            udp4 7 40ffffffffffffffff -> 2|3
            udp4 7 40{c1} -> 1
            udp4 7 40ffff -> 2|3
            udp4 7 - -> 0|1
            udp4 7 c0 -> 0|1
            count IdKnown 6
            state 2 Draining
            udp4 1 40{c2}00 -> 2
            stop 1
            reopen 1
            udp4 1 40{c1}00 -> 1
            """),
        ("a cookie of a socket that is gone follows the old generation", Ids + "length: 8, cookie: { at: 0 } }",
            """
            udp4 1 40{c1} -> 1
            remember 1
            stop 1
            udp4 1 40{r1} -> 2|3
            reopen 1
            udp4 1 40{r1} -> 2|3
            count IdUnknown 2
            """),
        ("Envoy: modulo of the first four bytes", Ids + "length: 8, modulo: { at: 0, bits: 32 } }",
            """
            udp4 1 4000000005 -> 1
            udp4 1 40fffffffe00000000 -> 2
            udp6 1 40ffffffff00000000 +2 -> 3
            udp4 1 40000000 -> 2|3
            stop 2
            udp4 1 40fffffffe00000000 -> 3
            count IdUnknown 2
            """),
        ("a trailing worker byte", Ids + "length: 8, worker: { at: 7, bits: 8 } }",
            """
            udp4 1 4000000000000000 03 -> 3
            udp4 2 4000000000000000 00 -> 0
            udp4 3 4000000000000000 04 -> 2|3
            udp4 4 4000000000000000 ff -> 2|3
            udp4 5 4000000000000000 -> 2|3
            state 0 Standby
            udp4 2 4000000000000000 00 -> 0
            """),
        ("a few bits of a worker, with slots of their own", Ids + "length: 4, worker: { at: 1, bits: 3 }, to: [1, 3] }",
            """
            udp4 1 40001f0000 -> 1
            udp4 1 40003f0000 -> 3
            udp4 1 40005f0000 -> 2|3
            """),
        ("generation and worker", Ids + "length: 8, generation: { at: 0, bits: 2 }, worker: { at: 1, bits: 8 }, generations: { 0: 0-1, 2: [2, 3] } }",
            """
            udp4 1 4000010000000000 00 -> 1
            udp4 1 4080010000000000 00 -> 3
            udp4 1 4080000000000000 00 -> 2
            udp4 1 4080020000000000 00 -> 2|3
            udp4 1 40c0000000000000 00 -> 2|3
            """),
        ("prefixes, the longest counts", Ids + "length: 8, prefixes: { 0x0a: 0, 0x0a0b: 1, 0xff: 3 } }",
            """
            udp4 1 400a00000000000000 -> 0
            udp4 1 400a0b000000000000 -> 1
            udp4 1 40ff00000000000000 -> 3
            udp4 1 400b00000000000000 -> 2|3
            udp4 1 400a -> 2|3
            udp4 1 400a0b000000 0000 -> 2|3
            """),
        ("QUIC-LB in plain", Ids + "length: 8, server-ids: { config: 1, ids: { 0x0001: 0, 0x0002: 3 } } }",
            """
            udp4 1 40200001 0000000000 -> 0
            udp4 1 403f0002 0000000000 -> 3
            udp4 1 40400002 0000000000 -> 2|3
            udp4 1 40e00002 0000000000 -> 2|3
            udp4 1 40200003 0000000000 -> 2|3
            """),
        ("an Initial goes to the new generation, which has standby slots for when it is gone", "protocol: udp\notherwise: { by: connection-id, new: [0, 1, 2], old: 3, length: 8, worker: { at: 0, bits: 8 } }",
            """
            state 0 Standby
            state 1 Draining
            udp4 1 c000000001080303030303030303 -> 2
            stop 2
            udp4 1 c000000001080303030303030303 -> 0
            udp4 1 400900000000000000 -> 3
            """),
        ("a flow stays where it first went", "protocol: udp\notherwise: { by: round-robin, sticky: { entries: 1000, idle: 1h } }",
            """
            udp4 1 00 -> 0
            udp4 2 00 -> 1
            udp4 1 00 -> 0
            udp6 1 00 -> 2
            udp4 3 00 @1 -> 1
            udp4 2 00 @1 -> 1
            udp6 1 00 +1 -> 2
            count StickyHit 3
            count StickyCreate 4
            state 0 Draining
            udp4 1 00 -> 0
            state 0 Standby
            udp4 1 00 -> 3
            count StickyRemove 1
            stop 1
            udp4 2 00 -> 1|2|3
            reopen 1
            udp4 3 00 -> 1|2|3
            count StickyRemove 3
            """),
        ("a flow that is idle for too long is new", "protocol: udp\notherwise: { by: round-robin, sticky: { entries: 1000, idle: 400ms } }",
            """
            udp4 1 00 -> 0
            udp4 1 00 -> 0
            pass 250ms
            udp4 1 00 -> 0
            pass 250ms
            udp4 1 00 -> 0
            pass 600ms
            udp4 1 00 -> 1
            count StickyHit 3
            count StickyRemove 1
            """),
        ("forgets: the flow was put in by another CPU, whose slot counts", "protocol: udp\notherwise: { by: round-robin, sticky: { entries: 1000, idle: 1h } }",
            """
            udp4 1 00 -> 0
            udp4 1 00 -> 0
            udp4 1 00 @1 -> 0
            udp4 2 00 -> 2
            count StickyHit 2
            count StickyCreate 2
            state 0 Standby
            udp4 1 00 -> =a
            udp4 1 00 -> 1|2|3
            count StickyHit 2
            state 0 Active
            stop 2
            udp4 2 00 -> 0|1|3
            count StickyHit 2
            """),
        ("only a SYN is put into a flow table", "protocol: tcp\notherwise: { by: round-robin, sticky: { entries: 1000, idle: 1h } }",
            """
            tcp4 1 A -> 0
            tcp4 1 A -> 0
            tcp6 1 S +1 -> 0
            tcp4 2 S -> 1
            tcp4 3 SA -> 2
            tcp4 3 A -> 2
            count StickyCreate 2
            count NotSyn 4
            """),
        ("generations of datagrams", "protocol: udp\notherwise: { by: generation, generations: [0-1, 2-3], sticky: { entries: 1000, idle: 1h } }",
            """
            udp4 1 00 -> 2|3
            udp6 1 00 +1 -> 2|3
            stop 2
            stop 3
            udp4 1 00 -> kernel
            """),
        ("a load that was never told", "protocol: udp\notherwise: { by: least-loaded, to: [2, 3] }",
            """
            udp4 1 00 -> 2|3
            count LoadStale 1
            """),
        ("by CPU and node", "protocol: any\nrules:\n  - { when: { protocol: udp }, steer: { by: cpu, cpus: { 0: 2, 1: 1 } } }\notherwise: { by: numa, nodes: { 0: 3, 1: 0 } }",
            """
            udp4 1 00 @0 -> 2
            udp4 1 00 @1 -> 1
            tcp4 1 S @1 -> 3
            tcp6 1 S +3 @0 -> 3
            """),
        ("payload behind options and extension headers", "protocol: any\nrules:\n  - { when: { bytes: { at: 2, mask: 0xff, equals: 0x07 } }, steer: { by: slot, slot: 1 } }\n  - { when: { tcp-flags: syn/syn+ack+rst+fin }, steer: { by: slot, slot: 2 } }\notherwise: { by: slot, slot: 3 }",
            """
            udp4 1 000007 -> 1
            udp4 1 000007 +5 -> 1
            udp6 1 000007 +7 -> 1
            udp6 1 0000 +1 -> 3
            udp4 1 - -> 3
            udp6 1 - +32 -> 3
            tcp4 1 S +2 -> 2
            tcp6 1 A +2 -> 3
            """),
        ("a protocol that is not covered is sampled too", "protocol: tcp\notherwise: { by: slot, slot: 3 }",
            """
            udp4 1 00 -> kernel
            tcp4 1 S -> 3
            count NotCovered 1
            """),
    ];

    /// <summary>The number of each case, and its name for the eye.</summary>
    public static TheoryData<int, string> All => [.. s_cases.Select((one, i) => (i, one.Name))];

    public static (string Policy, string[] Steps, bool Forgets) Find(int number) =>
        (s_cases[number].Policy, s_cases[number].Steps.Split('\n'), s_cases[number].Name.StartsWith("forgets", StringComparison.Ordinal));
}
