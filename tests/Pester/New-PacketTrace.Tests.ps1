BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'New-PacketTrace' {
    It 'makes the flows and packets asked for' {
        $trace = New-PacketTrace 10 -PacketsPerFlow 3 -Seed 5
        $trace.Packets | Should -Be 30
        $trace.Name | Should -Match 'seed 5'
    }

    It 'reads <text> as <seconds> seconds' -ForEach @(
        @{ text = '500ms'; seconds = 0.5 }
        @{ text = '60s'; seconds = 60 }
        @{ text = '2m'; seconds = 120 }
        @{ text = '3'; seconds = 3 }
        @{ text = '00:00:04'; seconds = 4 }
    ) {
        (New-PacketTrace 1 -Rate 10 -Duration $text).Packets | Should -Be (10 * $seconds)
    }

    It 'reads a bare 60s, a number, a TimeSpan and a splatted duration' {
        (New-PacketTrace 1 -Rate 10 -Duration 60s).Packets | Should -Be 600
        (New-PacketTrace 1 -Rate 10 -Duration 500ms).Packets | Should -Be 5
        (New-PacketTrace 1 -Rate 10 -Duration 2).Packets | Should -Be 20
        (New-PacketTrace 1 -Rate 10 -Duration 1.5).Packets | Should -Be 15
        (New-PacketTrace 1 -Rate 10 -Duration ([timespan]::FromSeconds(7))).Packets | Should -Be 70
        $minute = '1m'
        (New-PacketTrace 1 -Rate 10 -Duration $minute).Packets | Should -Be 600
        $number = 6
        (New-PacketTrace 1 -Rate 10 -Duration $number).Packets | Should -Be 60
        $splat = @{ Rate = 10; Duration = '1h' }
        (New-PacketTrace 1 @splat).Packets | Should -Be 36000
    }

    It 'refuses the duration <text>' -ForEach @{ text = '0s' }, @{ text = '-5s' }, @{ text = 'soon' }, @{ text = '5 parsecs' } {
        { New-PacketTrace 1 -Duration $text } | Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }

    It 'refuses fewer packets than flows' {
        { New-PacketTrace 100 -Rate 10 -Duration 1s -ErrorAction Stop } | Should -Throw -ErrorId 'TraceInvalid*'
    }

    It 'makes <payload> datagrams from two clients' -ForEach @{ payload = 'Random' }, @{ payload = 'Quic' }, @{ payload = 'Dns' } {
        $trace = New-PacketTrace 100 -PacketsPerFlow 4 -Payload $payload -ClientCount 2 -Seed 5
        $trace.Packets | Should -Be 400
        Set-Content TestDrive:/source.yaml "version: 1`npolicy: source`notherwise: { by: hash, key: source }"
        $measurement = $trace | Measure-SteeringPolicy -Policy TestDrive:/source.yaml -SlotCount 16
        @($measurement.Slots | Where-Object Packets -GT 0).Count | Should -BeLessOrEqual 2
    }

    It 'has a NAT forget flows' {
        $trace = New-PacketTrace 100 -PacketsPerFlow 4 -Rebinding 1 -Seed 5
        Set-Content TestDrive:/hash.yaml "version: 1`npolicy: hash`notherwise: { by: hash }"
        ($trace | Measure-SteeringPolicy -Policy TestDrive:/hash.yaml -SlotCount 4).Flows | Should -Be 200
    }

    It 'refuses QUIC over TCP' {
        { New-PacketTrace 10 -Protocol Tcp -Payload Quic -ErrorAction Stop } | Should -Throw -ErrorId 'TraceInvalid*'
    }
}
