BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/hash.yaml "version: 1`npolicy: hash`notherwise: { by: hash }"
    $capture = "$PSScriptRoot/../../examples/dns-and-http.pcap"
    $whole = Import-PacketTrace $capture | Measure-SteeringPolicy -Policy TestDrive:/hash.yaml -SlotCount 4
    $parts = 0..2 | ForEach-Object { Import-PacketTrace $capture -Partition $_ -PartitionCount 3 | Measure-SteeringPolicy -Policy TestDrive:/hash.yaml -SlotCount 4 }
}

Describe 'Merge-SteeringReport' {
    It 'gives the measurement of the whole' {
        $merged = $parts | Merge-SteeringReport
        ($merged | Export-SteeringReport -Format Json) | Should -BeExactly ($whole | Export-SteeringReport -Format Json)
    }

    It 'reads reports from JSON and from files' {
        $parts[0] | Export-SteeringReport TestDrive:/zero.json
        $merged = Merge-SteeringReport (Join-Path $TestDrive 'zero.json'), ($parts[1] | Export-SteeringReport -Format Json), $parts[2]
        $merged.Flows | Should -Be $whole.Flows
    }

    It 'says which part is missing' {
        { $parts[0, 2] | Merge-SteeringReport -ErrorAction Stop } | Should -Throw -ErrorId 'TraceInvalid*'
    }

    It 'refuses what is no report' {
        Set-Content TestDrive:/none.json '{ "no": "report" }'
        { Merge-SteeringReport (Join-Path $TestDrive 'none.json') -ErrorAction Stop } | Should -Throw -ErrorId 'TraceInvalid*'
        { Import-PacketTrace $capture -Partition 3 -PartitionCount 3 } | Should -Throw -ErrorId 'NoSuchPartition*'
    }
}
