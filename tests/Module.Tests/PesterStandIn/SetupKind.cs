namespace ReuseportPS.Module.Tests.PesterStandIn;

public enum SetupKind
{
    BeforeAll,
    BeforeEach,
    AfterEach,
    AfterAll,
}
