using System.Diagnostics;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>Runs programs of other people that read captures; the test is skipped where they are missing.</summary>
internal static class PeerTool
{
    public static string[] Lines(string program, params string[] arguments) => Run(program, arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is missing: apt-get install tshark tcpdump wireshark-common");
            throw;
        }

        using (process)
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{program}: {errors.GetAwaiter().GetResult()}");
            return output;
        }
    }

}
