namespace ReuseportPS.Engine.Helpers;

/// <summary>placeholder</summary>
public static class HelperPrototypes
{
    /// <summary>Number and name for messages: <c>82 (sk_select_reuseport)</c>.</summary>
    public static string Describe(int id) => $"{id}";
}
