using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>Test-ReuseportEnvironment: what works here and what does not, found by trying.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ReuseportEnvironment")]
[OutputType(typeof(ReuseportEnvironmentTest), typeof(bool))]
public sealed class TestReuseportEnvironmentCommand : BackendCmdlet
{
    /// <summary>Answers with true when everything required works, false otherwise.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Backend, () =>
    {
        IReuseportBackend backend = Groups().Backend;
        IReadOnlyList<EnvironmentCheck> checks = backend.CheckEnvironment();
        if (Quiet)
        {
            WriteObject(checks.All(check => check.Passed || !check.Required));
            return;
        }

        foreach (EnvironmentCheck check in checks)
        {
            WriteObject(new ReuseportEnvironmentTest(backend.Info.Kind, check.Name, check.Passed, check.State, check.Why, check.Fix, check.Required));
        }
    });
}
