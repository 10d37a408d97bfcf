namespace ReuseportPS.Simulator.Sockets;

/// <summary>TCP_DEFER_ACCEPT: the kernel keeps how often the SYN-ACK is sent again, at intervals that double up to two minutes (secs_to_retrans).</summary>
internal static class DeferredAccept
{
    private const int FirstInterval = 1;
    private const int LongestInterval = 120;
    private const int MostRetransmissions = 255;

    public static int FromSeconds(int seconds)
    {
        int count = 0;
        for (int period = 0, interval = FirstInterval; period < seconds && count < MostRetransmissions; count++)
        {
            period += interval;
            interval = Math.Min(interval * 2, LongestInterval);
        }

        return count;
    }

    public static int ToSeconds(int retransmissions)
    {
        int period = 0;
        for (int count = 0, interval = FirstInterval; count < retransmissions; count++)
        {
            period += interval;
            interval = Math.Min(interval * 2, LongestInterval);
        }

        return period;
    }
}
