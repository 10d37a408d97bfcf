using CsCheck;

namespace ReuseportPS.Linux.Tests.Model;

/// <summary>What is done, with numbers that <see cref="ModelHost"/> takes modulo what there is at that moment.</summary>
internal readonly record struct Operation(Verb Verb, int A, int B, int C, int D)
{
    // More of what makes sockets and sends packets than of what takes apart.
    private static readonly (int Weight, Verb Verb)[] s_weights =
    [
        (14, Verb.Open), (2, Verb.Create), (2, Verb.Bind), (3, Verb.Listen), (4, Verb.Connect), (2, Verb.Disconnect), (4, Verb.Shutdown), (6, Verb.Close), (1, Verb.Abort),
        (4, Verb.Set), (9, Verb.Seat), (4, Verb.Unseat), (4, Verb.Look), (7, Verb.Attach), (2, Verb.AttachClassic), (2, Verb.Detach), (5, Verb.Answer),
        (16, Verb.SendDatagram), (12, Verb.TryConnection), (7, Verb.OpenConnection), (5, Verb.Accept), (5, Verb.SendOn), (5, Verb.ReceiveOn), (2, Verb.Queues),
        (2, Verb.Order), (2, Verb.Migrate), (1, Verb.Cookies), (3, Verb.Cpu), (2, Verb.Name),
    ];

    public static Gen<Operation> Any { get; } = Gen.Select(
        Gen.Frequency([.. s_weights.Select(weight => (weight.Weight, (IGen<Verb>)Gen.Const(weight.Verb)))]), Gen.Int[0, 999], Gen.Int[0, 999], Gen.Int[0, 999], Gen.Int[0, 999],
        (verb, a, b, c, d) => new Operation(verb, a, b, c, d));

    public override string ToString() => $"{Verb} {A} {B} {C} {D}";
}
