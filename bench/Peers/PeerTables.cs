using System.Buffers.Binary;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Bench.Peers;

/// <summary>What programs/*.c look things up in.</summary>
internal static class PeerTables
{
    /// <summary>Generation of the id that a worker of c gives out.</summary>
    public static int Generation(int worker) => worker * 7 % 4;

    /// <summary>The value of an entry of a map, by the map's name.</summary>
    public static byte[] Value(MapSpec map, int key)
    {
        byte[] value = new byte[map.ValueSize];
        switch (map.Name)
        {
            case "workers":
                BinaryPrimitives.WriteInt32LittleEndian(value, key % PacketSet.Slots);
                BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(4), Generation(key));
                break;
            case "routes":
                int total = 0;
                for (int slot = 0; slot < 8; slot++)
                {
                    int weight = (((key * 3) + (slot * 5)) % 11) + 1;
                    BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(8 + (4 * slot)), weight);
                    total += weight;
                }

                BinaryPrimitives.WriteInt32LittleEndian(value, total);
                break;
        }

        return value;
    }
}
